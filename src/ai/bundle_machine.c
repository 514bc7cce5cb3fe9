/*
 * Who writes to a helpdesk writes to people. Words that order a language model
 * about are told by their stems, in one pass: a verb of that kind and what it
 * is about in the same paragraph, or one that says it alone.
 */
#include "ai/bundle_priv.h"

#include <string.h>
#include <strings.h>

enum { ALONE = 1, VERB = 2, SAY = 4, NOUN = 8, THING = 16 };

/* A model's orders are broken, or told what to write of its own texts. */
static bool
is_talk(int said)
{
	return (said & ALONE) != 0 || ((said & VERB) != 0 && (said & (NOUN | THING)) != 0) ||
	    ((said & SAY) != 0 && (said & NOUN) != 0);
}

struct stem {
	const char *text;
	int says;
};

/* clang-format off */
/* Latin stems stand at the start of a word, ASCII letters in either case. */
static const struct stem stems[] = {
	{ "ignore", VERB }, { "ignorier", VERB }, { "ignorez", VERB }, { "ignora", VERB },
	{ "ignorar", VERB }, { "ignoruj", VERB }, { "ignorować", VERB }, { "negeer", VERB },
	{ "disregard", VERB }, { "forget ", VERB }, { "override", VERB }, { "overrule", VERB },
	{ "vergiss", VERB }, { "missachte", VERB }, { "oubli", VERB }, { "olvid", VERB },
	{ "dimentica", VERB }, { "esquece", VERB }, { "esqueça", VERB }, { "zapomnij", VERB },
	{ "yok say", VERB }, { "unut", VERB }, { "glöm", VERB }, { "zanemari", VERB },
	{ "ignore the above", ALONE }, { "ignore all", ALONE }, { "ignore everything", ALONE },
	{ "disregard the above", ALONE }, { "disregard all", ALONE }, { "ignore previous", ALONE },
	{ "act as", VERB }, { "pretend", VERB }, { "you are now", ALONE }, { "you must ", SAY },
	{ "your task", ALONE }, { "your new task", ALONE }, { "your job", SAY },
	{ "write exactly", ALONE }, { "output ", SAY }, { "output:", ALONE }, { "respond with", SAY },
	{ "answer with", SAY }, { "reply with", SAY }, { "print ", SAY }, { "reveal", VERB },
	{ "repeat ", SAY }, { "append", SAY }, { "insert ", SAY }, { "include ", SAY },
	{ "mention ", SAY }, { "state that", SAY }, { "say that", SAY }, { "end with", SAY },
	{ "begin with", SAY }, { "start with", SAY }, { "always ", SAY }, { "never ", SAY },
	{ "replace", SAY }, { "add ", SAY }, { "put ", SAY }, { "write ", SAY }, { "tell ", SAY },
	{ "schreib", SAY }, { "füge", SAY }, { "gib ", SAY }, { "nenne", SAY }, { "antworte", SAY },
	{ "écri", SAY }, { "ajoute", SAY }, { "répond", SAY }, { "indique", SAY }, { "mentionne", SAY },
	{ "escrib", SAY }, { "añad", SAY }, { "responde", SAY }, { "incluy", SAY }, { "pon ", SAY },
	{ "scrivi", SAY }, { "aggiungi", SAY }, { "escreva", SAY }, { "adicione", SAY }, { "inclua", SAY },
	{ "napisz", SAY }, { "dodaj", SAY }, { "schrijf", SAY }, { "voeg", SAY }, { "skriv", SAY },
	{ "yaz", SAY }, { "ekle", SAY }, { "viết", SAY }, { "tulis", SAY },
	{ "previous instruction", ALONE }, { "prior instruction", ALONE }, { "above instruction", ALONE },
	{ "instruction", THING }, { "instruktion", THING }, { "anweisung", THING }, { "vorgaben", THING },
	{ "consigne", THING }, { "instrucci", NOUN }, { "istruzion", NOUN }, { "instruç", NOUN },
	{ "polece", NOUN }, { "instructie", NOUN }, { "talimat", NOUN }, { "instrukcj", NOUN },
	{ "system prompt", ALONE }, { "systemprompt", ALONE }, { "system message", ALONE },
	{ "prompt", THING }, { "jailbreak", ALONE }, { "developer mode", ALONE }, { "dan mode", ALONE },
	{ "language model", ALONE }, { "sprachmodell", ALONE }, { "modèle de langage", ALONE },
	{ "modelo de lenguaje", ALONE }, { "modello linguistico", ALONE }, { "modelo de linguagem", ALONE },
	{ "model językowy", ALONE }, { "taalmodel", ALONE }, { "dil modeli", ALONE }, { "språkmodell", ALONE },
	{ "llm", THING }, { "chatgpt", THING }, { "gpt", THING }, { "chatbot", THING }, { "gemini", THING },
	{ "ai ", THING }, { "ai:", ALONE }, { "ai,", THING }, { "ki ", THING }, { "ki:", ALONE }, { "ia ", THING },
	{ "ia:", ALONE }, { "ai-", THING }, { "ki-", THING }, { "assistant", THING }, { "assistent", THING },
	{ "asistente", THING }, { "assistente", THING }, { "asystent", THING }, { "asistan", THING },
	{ "summar", NOUN }, { "zusammenfass", NOUN }, { "résum", NOUN }, { "resum", NOUN },
	{ "riassun", NOUN }, { "podsumowan", NOUN }, { "streszcz", NOUN }, { "samenvatting", NOUN },
	{ "özet", NOUN }, { "sammanfatt", NOUN }, { "tóm tắt", NOUN }, { "ringkasan", NOUN },
	{ "bullet", NOUN }, { "stichpunkt", NOUN }, { "viñeta", NOUN }, { "puce", NOUN }, { "json", THING },
	{ "hand-over", THING }, { "handover", THING }, { "handoff", THING }, { "heading", THING },
	{ "resolution note", NOUN }, { "ticket notes", NOUN }, { "the notes", NOUN }, { "proposal", THING },
	{ "your answer", NOUN }, { "your output", NOUN }, { "your reply", NOUN }, { "your response", NOUN },
	{ "the drafter", ALONE }, { "drafting tool", ALONE }, { "summariser", ALONE }, { "summarizer", ALONE },
	{ "<|", ALONE }, { "[inst", ALONE }, { "<<sys", ALONE }, { "### ", ALONE }, { "</", ALONE },
	{ "system:", ALONE }, { "assistant:", ALONE }, { "end of material", ALONE }, { "end of thread", ALONE },
	{ "begin system", ALONE }, { "new instructions", ALONE }, { "neue anweisung", ALONE },
	/* Scripts without words as ours, or with letters beyond ASCII. */
	{ "忽略", VERB }, { "无视", VERB }, { "忘记", VERB }, { "請寫", SAY }, { "请写", SAY }, { "写上", SAY },
	{ "输出", SAY }, { "添加", SAY }, { "指令", NOUN }, { "提示", THING }, { "摘要", NOUN }, { "语言模型", ALONE },
	{ "總結", NOUN }, { "总结", NOUN }, { "無視", VERB }, { "書いて", SAY }, { "追加して", SAY }, { "指示", THING },
	{ "要約", NOUN }, { "言語モデル", ALONE }, { "무시", VERB }, { "작성", SAY }, { "지시", THING }, { "요약", NOUN },
	{ "игнорир", VERB }, { "Игнорир", VERB }, { "забудь", VERB }, { "Забудь", VERB }, { "напиши", SAY },
	{ "Напиши", SAY }, { "добавь", SAY }, { "Добавь", SAY }, { "инструкци", NOUN }, { "указани", THING },
	{ "сводк", NOUN }, { "резюме", NOUN }, { "языковая модель", ALONE }, { "ігнору", VERB }, { "Ігнору", VERB },
	{ "تجاهل", VERB }, { "انس ", VERB }, { "اكتب", SAY }, { "أضف", SAY }, { "التعليمات", NOUN },
	{ "تعليمات", NOUN }, { "الملخص", NOUN }, { "ملخص", NOUN }, { "نموذج لغوي", ALONE }, { "نموذج اللغة", ALONE },
	{ "התעלם", VERB }, { "הוסף", SAY }, { "הוראות", NOUN }, { "סיכום", NOUN }, { "נادیده", VERB },
	{ "अनदेखा", VERB }, { "लिखें", SAY }, { "निर्देश", NOUN }, { "सारांश", NOUN }, { "αγνόησε", VERB },
	{ "Αγνόησε", VERB }, { "οδηγίες", NOUN }, { "περίληψη", NOUN }, { "ไม่ต้องสนใจ", VERB }, { "คำสั่ง", NOUN },
	{ "สรุป", NOUN },
};
/* clang-format on */

#define NEXT_NONE 0xffff

/* Stems by their first byte, for a look at each byte of a text. */
struct index {
	uint16_t first[256], next[ARRAY_LEN(stems)];
};

static void
add_stem(struct index *index, unsigned char c, uint16_t at)
{
	index->next[at] = index->first[c];
	index->first[c] = at;
}

static unsigned char
lower(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}

static const struct index *
index_of_stems(void)
{
	static _Thread_local struct index index;
	static _Thread_local bool is_made;

	if (is_made)
		return &index;
	memset(&index, 0xff, sizeof(index));
	for (size_t i = 0; i < ARRAY_LEN(stems); i++)
		add_stem(&index, lower(stems[i].text[0]), (uint16_t)i);
	is_made = true;
	return &index;
}

static bool
is_word_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool
bundle_is_machine_talk(const char *text, size_t n)
{
	const struct index *index = index_of_stems();
	int said = 0;

	for (size_t i = 0; i < n; i++) {
		if (i > 0 && is_word_byte(text[i]) && is_word_byte(text[i - 1]))
			continue;
		for (uint16_t k = index->first[lower(text[i])]; k != NEXT_NONE;
		     k = index->next[k]) {
			size_t len;
			if (n - i < 2 || ((stems[k].text[1] ^ text[i + 1]) & 0xdf) != 0)
				continue;
			len = strlen(stems[k].text);
			if (len <= n - i && strncasecmp(text + i, stems[k].text, len) == 0)
				said |= stems[k].says;
		}
		if (is_talk(said))
			return true;
	}
	return false;
}
