#include "ai/extract_priv.h"

#include <stddef.h>

/* clang-format off */
const char *const extract_ask_words[] = {
	"need", "please", "request", "would like", "can we", "may we", "could you", "could we",
	"want to", "asking for", "we require", "approve", "order ", "install", "grant ",
	"benötig", "brauchen", "bitte", "möchten", "beantrag",
	"besoin", "demand", "souhait", "merci de", "necesit", "solicit", "por favor",
	"können wir", "könnt ihr", "dürfen wir", "نحتاج", "نرجو", "الرجاء", "نطلب", NULL
};

const char *const extract_impact_words[] = {
	"because", "otherwise", "without ", "blocked", "cannot", "can't", "outage", "down",
	"risk", "impact", "delay", "expire", "downtime", "security", "customer", "stop",
	"affected", "lose ", "unable", "so that", "fails", "deadline",
	"broke ", "broken", "no longer", "not work", "n't work", "n't start",
	"weil", "sonst", "ohne ", "ausfall", "ausgefallen", "risiko", "blockiert", "damit ",
	"defekt", "verlieren",
	"parce que", "sinon", "risque", "bloqué", "porque", "riesgo",
	"لأن", "خطر", "بدون", "يتوقف", "توقف", NULL
};

const char *const extract_money_words[] = {
	"$", "€", "£", "¥", "usd", "eur", "gbp", "sar", "chf", "price", "cost", "per month",
	"per seat", "per year", "budget", "invoice", "quote", "hours", "kosten", "preis",
	"coût", "prix", "costo", "precio", "ريال", "يورو", "دولار", "درهم", "تكلف",
	"يكلف", "سعر", NULL
};

const char *const extract_date_words[] = {
	"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
	"today", "tomorrow", "tonight", "this week", "next week", "end of the", "by the end",
	"january", "february", "march ", "april", "june", "july", "august", "september",
	"october", "november", "december", " asap", "until", "before ", "by friday", "am/",
	"montag", "dienstag", "mittwoch", "donnerstag", "freitag", "morgen", "woche", "bis zum",
	"lundi", "mardi", "mercredi", "jeudi", "vendredi", "demain", "semaine",
	"lunes", "martes", "viernes", "mañana", "semana",
	"غدا", "الأحد", "الاثنين", "الخميس", "قبل ", "أسبوع", NULL
};

const char *const extract_idle_words[] = {
	"best regards", "kind regards", "many thanks", "thank you", "thanks in advance",
	"hope you", "good morning", "good afternoon", "see below", "fyi",
	"approval of this", "for your approval", "adding the approval", "mit freundlichen", "viele grüße",
	"cordialement", "saludos", "مع التحية", "شكرا", NULL
};
/* clang-format on */
