#include "ai/form_priv.h"

#include <string.h>

struct language {
	const char *name;
	const char *words[FORM_WORDS];
};

/* clang-format off */
static const struct language languages[] = {
	{ "en", {
		[WORD_PROBLEM] = "Problem",
		[WORD_CONFIRMED] = "What we've confirmed",
		[WORD_TRIED] = "What we've tried",
		[WORD_HYPOTHESIS] = "Current hypothesis",
		[WORD_SUGGESTED] = "Suggested next steps",
		[WORD_WE_CONFIRMED] = "What we confirmed",
		[WORD_CAUSE] = "Root cause",
		[WORD_RESOLUTION] = "Resolution",
		[WORD_PROBLEM_SUMMARY] = "Problem Summary",
		[WORD_STEPS] = "Steps Taken",
		[WORD_NEXT_STEPS] = "Next Steps",
		[WORD_NO_HYPOTHESIS] = "No leading hypothesis yet",
		[WORD_NOT_STATED] = "not stated",
		[WORD_NONE_MATERIAL] = "none material",
		[WORD_SPENT] = "Time spent",
		[WORD_ASKED] = "Asked for",
		[WORD_IMPACT] = "Why it matters",
		[WORD_COST] = "Cost",
		[WORD_WHEN] = "When",
		[WORD_OPEN] = "Open question",
		[WORD_APPLY] = "Apply the fix",
		[WORD_ASK] = "Ask",
		[WORD_DO] = "Do",
		[WORD_REVIEW] = "Review the findings above",
		[WORD_CHECK_AGAIN] = "Check with the customer what is still missing",
		[WORD_NOTHING] = "Nothing was noted",
		[WORD_SEE_ABOVE] = "see above",
		[WORD_REPORTED] = "Reported",
		[WORD_OBSERVED] = "Observed",
		[WORD_CHECK] = "Checked",
		[WORD_SCRIPT] = "Script",
		[WORD_SUPERSEDED] = "superseded",
		[WORD_APPLIED] = "applied",
		[WORD_DISMISSED] = "dismissed" } },
	{ "de", {
		[WORD_PROBLEM] = "Problem",
		[WORD_CONFIRMED] = "Was wir bestätigt haben",
		[WORD_TRIED] = "Was wir versucht haben",
		[WORD_HYPOTHESIS] = "Aktuelle Hypothese",
		[WORD_SUGGESTED] = "Vorgeschlagene nächste Schritte",
		[WORD_WE_CONFIRMED] = "Was wir festgestellt haben",
		[WORD_CAUSE] = "Ursache",
		[WORD_RESOLUTION] = "Lösung",
		[WORD_PROBLEM_SUMMARY] = "Zusammenfassung des Problems",
		[WORD_STEPS] = "Durchgeführte Schritte",
		[WORD_NEXT_STEPS] = "Nächste Schritte",
		[WORD_NO_HYPOTHESIS] = "Noch keine führende Hypothese",
		[WORD_NOT_STATED] = "nicht angegeben",
		[WORD_NONE_MATERIAL] = "keine wesentlichen",
		[WORD_SPENT] = "Aufgewendete Zeit",
		[WORD_ASKED] = "Gewünscht",
		[WORD_IMPACT] = "Warum es wichtig ist",
		[WORD_COST] = "Kosten",
		[WORD_WHEN] = "Wann",
		[WORD_OPEN] = "Offene Frage",
		[WORD_APPLY] = "Die Lösung anwenden",
		[WORD_ASK] = "Fragen",
		[WORD_DO] = "Erledigen",
		[WORD_REVIEW] = "Die Befunde oben durchsehen",
		[WORD_CHECK_AGAIN] = "Mit dem Kunden klären, was noch fehlt",
		[WORD_NOTHING] = "Nichts vermerkt",
		[WORD_SEE_ABOVE] = "siehe oben",
		[WORD_REPORTED] = "Gemeldet",
		[WORD_OBSERVED] = "Beobachtet",
		[WORD_CHECK] = "Geprüft",
		[WORD_SCRIPT] = "Skript",
		[WORD_SUPERSEDED] = "abgelöst",
		[WORD_APPLIED] = "angewendet",
		[WORD_DISMISSED] = "verworfen" } },
	{ "fr", {
		[WORD_PROBLEM] = "Problème",
		[WORD_CONFIRMED] = "Ce que nous avons confirmé",
		[WORD_TRIED] = "Ce que nous avons essayé",
		[WORD_HYPOTHESIS] = "Hypothèse actuelle",
		[WORD_SUGGESTED] = "Prochaines étapes suggérées",
		[WORD_WE_CONFIRMED] = "Ce que nous avons constaté",
		[WORD_CAUSE] = "Cause première",
		[WORD_RESOLUTION] = "Résolution",
		[WORD_PROBLEM_SUMMARY] = "Résumé du problème",
		[WORD_STEPS] = "Étapes réalisées",
		[WORD_NEXT_STEPS] = "Prochaines étapes",
		[WORD_NO_HYPOTHESIS] = "Pas encore d'hypothèse principale",
		[WORD_NOT_STATED] = "non précisé",
		[WORD_NONE_MATERIAL] = "aucune notable",
		[WORD_SPENT] = "Temps passé",
		[WORD_ASKED] = "Demande",
		[WORD_IMPACT] = "Pourquoi c'est important",
		[WORD_COST] = "Coût",
		[WORD_WHEN] = "Quand",
		[WORD_OPEN] = "Question ouverte",
		[WORD_APPLY] = "Appliquer la correction",
		[WORD_ASK] = "Demander",
		[WORD_DO] = "Faire",
		[WORD_REVIEW] = "Relire les constats ci-dessus",
		[WORD_CHECK_AGAIN] = "Vérifier avec le client ce qui manque encore",
		[WORD_NOTHING] = "Rien n'a été noté",
		[WORD_SEE_ABOVE] = "voir ci-dessus",
		[WORD_REPORTED] = "Signalé",
		[WORD_OBSERVED] = "Observé",
		[WORD_CHECK] = "Vérifié",
		[WORD_SCRIPT] = "Script",
		[WORD_SUPERSEDED] = "remplacé",
		[WORD_APPLIED] = "appliqué",
		[WORD_DISMISSED] = "écarté" } },
	{ "es", {
		[WORD_PROBLEM] = "Problema",
		[WORD_CONFIRMED] = "Lo que hemos confirmado",
		[WORD_TRIED] = "Lo que hemos probado",
		[WORD_HYPOTHESIS] = "Hipótesis actual",
		[WORD_SUGGESTED] = "Próximos pasos sugeridos",
		[WORD_WE_CONFIRMED] = "Lo que confirmamos",
		[WORD_CAUSE] = "Causa raíz",
		[WORD_RESOLUTION] = "Resolución",
		[WORD_PROBLEM_SUMMARY] = "Resumen del problema",
		[WORD_STEPS] = "Pasos realizados",
		[WORD_NEXT_STEPS] = "Próximos pasos",
		[WORD_NO_HYPOTHESIS] = "Aún no hay una hipótesis principal",
		[WORD_NOT_STATED] = "no indicado",
		[WORD_NONE_MATERIAL] = "ninguno relevante",
		[WORD_SPENT] = "Tiempo dedicado",
		[WORD_ASKED] = "Se solicita",
		[WORD_IMPACT] = "Por qué importa",
		[WORD_COST] = "Coste",
		[WORD_WHEN] = "Cuándo",
		[WORD_OPEN] = "Pregunta abierta",
		[WORD_APPLY] = "Aplicar la solución",
		[WORD_ASK] = "Preguntar",
		[WORD_DO] = "Hacer",
		[WORD_REVIEW] = "Revisar los hallazgos anteriores",
		[WORD_CHECK_AGAIN] = "Aclarar con el cliente lo que aún falta",
		[WORD_NOTHING] = "No se anotó nada",
		[WORD_SEE_ABOVE] = "véase arriba",
		[WORD_REPORTED] = "Comunicado",
		[WORD_OBSERVED] = "Observado",
		[WORD_CHECK] = "Comprobado",
		[WORD_SCRIPT] = "Script",
		[WORD_SUPERSEDED] = "sustituido",
		[WORD_APPLIED] = "aplicado",
		[WORD_DISMISSED] = "descartado" } },
	{ "ar", {
		[WORD_PROBLEM] = "المشكلة",
		[WORD_CONFIRMED] = "ما تأكدنا منه",
		[WORD_TRIED] = "ما جربناه",
		[WORD_HYPOTHESIS] = "الفرضية الحالية",
		[WORD_SUGGESTED] = "الخطوات التالية المقترحة",
		[WORD_WE_CONFIRMED] = "ما تم تأكيده",
		[WORD_CAUSE] = "السبب الجذري",
		[WORD_RESOLUTION] = "الحل",
		[WORD_PROBLEM_SUMMARY] = "ملخص المشكلة",
		[WORD_STEPS] = "الخطوات المتخذة",
		[WORD_NEXT_STEPS] = "الخطوات التالية",
		[WORD_NO_HYPOTHESIS] = "لا توجد فرضية مرجحة بعد",
		[WORD_NOT_STATED] = "غير مذكور",
		[WORD_NONE_MATERIAL] = "لا أثر يذكر",
		[WORD_SPENT] = "الوقت المستغرق",
		[WORD_ASKED] = "المطلوب",
		[WORD_IMPACT] = "سبب الأهمية",
		[WORD_COST] = "التكلفة",
		[WORD_WHEN] = "الموعد",
		[WORD_OPEN] = "سؤال مفتوح",
		[WORD_APPLY] = "تطبيق الإصلاح",
		[WORD_ASK] = "السؤال",
		[WORD_DO] = "التنفيذ",
		[WORD_REVIEW] = "مراجعة النتائج أعلاه",
		[WORD_CHECK_AGAIN] = "التحقق مع العميل مما لا يزال ناقصا",
		[WORD_NOTHING] = "لم يسجل شيء",
		[WORD_SEE_ABOVE] = "انظر أعلاه",
		[WORD_REPORTED] = "تم الإبلاغ",
		[WORD_OBSERVED] = "تمت الملاحظة",
		[WORD_CHECK] = "تم الفحص",
		[WORD_SCRIPT] = "برنامج نصي",
		[WORD_SUPERSEDED] = "تم استبداله",
		[WORD_APPLIED] = "تم تطبيقه",
		[WORD_DISMISSED] = "تم رفضه" } },
};
/* clang-format on */

const char *
form_word(const char *locale, enum form_word word)
{
	const char *name = locale != NULL ? locale : "";
	size_t n = strcspn(name, "-_.@");

	for (size_t i = 0; i < ARRAY_LEN(languages); i++)
		if (strlen(languages[i].name) == n && strncasecmp(name, languages[i].name, n) == 0)
			return languages[i].words[word];
	return languages[0].words[word];
}

size_t
form_headings(enum document_kind kind, enum form_word out[5])
{
	static const struct {
		size_t count;
		enum form_word words[5];
	} kinds[DOCUMENT_KINDS] = {
		[DOCUMENT_HANDOFF] = { 5,
		    { WORD_PROBLEM, WORD_CONFIRMED, WORD_TRIED, WORD_HYPOTHESIS, WORD_SUGGESTED } },
		[DOCUMENT_RESOLUTION] = { 4,
		    { WORD_PROBLEM, WORD_WE_CONFIRMED, WORD_CAUSE, WORD_RESOLUTION } },
		[DOCUMENT_NOTES] = { 4,
		    { WORD_PROBLEM_SUMMARY, WORD_STEPS, WORD_RESOLUTION, WORD_NEXT_STEPS } },
	};

	memcpy(out, kinds[kind].words, sizeof(kinds[kind].words));
	return kinds[kind].count;
}
