#include <assent/text/reply.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

struct row {
	const char *text, *want;
};

/* Everything below stands under "Approved." and must go. */
/* clang-format off */
static const char *const quotes[] = {
	"> text\n> more",
	"On Mon, 1 Jun 2026 at 10:00, Desk <d@x.example> wrote:\n> text",
	"On Mon, Jun 1, 2026 at 10:00 AM The Approval Desk\n<desk@x.example> wrote:\n\n> text",
	"On Jun 1, 2026, at 10:00 AM, Desk <d@x.example> wrote:\n\nunmarked text\n\napproved",
	"Am 01.06.2026 um 10:00 schrieb Desk:\n> text",
	"Am Mo., 1. Juni 2026 um 10:00 Uhr schrieb Desk <d@x.example>:\n\nText",
	"Desk <d@x.example> schrieb am Mo., 1. Juni\n2026 um 10:00 Uhr:\n\nText",
	"Le lun. 1 juin 2026 à 10:00, Desk <d@x.example> a écrit :\n\ntexte",
	"El lun, 1 jun 2026 a las 10:00, Desk (<d@x.example>) escribió:\n\ntexto",
	"Em seg., 1 de jun. de 2026 às 10:00, Desk <d@x.example> escreveu:\n\ntexto",
	"Il giorno lun 1 giu 2026 alle ore 10:00 Desk <d@x.example> ha scritto:\n\ntesto",
	"Op ma 1 jun 2026 om 10:00 schreef Desk <d@x.example>:\n\ntekst",
	"W dniu 1.06.2026 o 10:00, Desk pisze:\n> tekst",
	"Den mån 1 juni 2026 kl 10:00 skrev Desk <d@x.example>:\n\ntext",
	"Den man. 1. jun. 2026 kl. 10.00 skrev Desk <d@x.example>:\n\ntekst",
	"ma 1. kesäk. 2026 klo 10.00 Desk <d@x.example> kirjoitti:\n\nteksti",
	"Dne po 1. 6. 2026 10:00 uživatel Desk <d@x.example> napsal:\n\ntext",
	"Desk <d@x.example>, 1 Haz 2026 Pzt, 10:00 tarihinde şunu yazdı:\n\nmetin",
	"пн, 1 июн. 2026 г. в 10:00, Desk <d@x.example>:\n\nтекст",
	"1 июня 2026 г., 10:00, Desk <d@x.example> написал:\n\nтекст",
	"في الاثنين، ١ يونيو ٢٠٢٦ في ١٠:٠٠ كتب Desk <d@x.example>:\n\nنص",
	("\xe2\x80\xab" "في 1 يونيو 2026 10:00، كتب \"Desk\" <d@x.example>:\n\nنص"),
	"בתאריך יום ב׳, 1 ביוני 2026 ב-10:00 מאת Desk <d@x.example> כתב:\n\nטקסט",
	"在 2026年6月1日 10:00，Desk <d@x.example> 写道：\n\n文本",
	"2026年6月1日(月) 10:00 Desk <d@x.example>:\n\n本文",
	"2026. 6. 1. 오전 10:00, Desk <d@x.example> 작성:\n\n본문",
	"2026-06-01 10:00 GMT+02:00 Desk <d@x.example>:\n\ntext",
	"From: Desk <d@x.example>\nSent: Monday, 1 June 2026 10:00\nTo: Owner\nSubject: Approval\n\ntext",
	"*From:* Desk <d@x.example>\n*Sent:* Monday, 1 June 2026 10:00\n*To:* Owner\n*Subject:* Approval\n\ntext",
	"________________________________\nFrom: Desk <d@x.example>\nSent: Monday, 1 June 2026\nTo: Owner\n\ntext",
	"-----Original Message-----\nFrom: Desk\n\ntext",
	"-----Ursprüngliche Nachricht-----\nVon: Desk\n\nText",
	"Von: Desk <d@x.example>\nGesendet: Montag, 1. Juni 2026 10:00\nAn: Owner\nBetreff: Freigabe\n\nText",
	"De : Desk <d@x.example>\nEnvoyé : lundi 1 juin 2026 10:00\nÀ : Owner\nObjet : Accord\n\ntexte",
	"De: Desk <d@x.example>\nEnviado el: lunes, 1 de junio\nPara: Owner\nAsunto: Permiso\n\ntexto",
	"Da: Desk <d@x.example>\nInviato: lunedì 1 giugno 2026\nA: Owner\nOggetto: Permesso\n\ntesto",
	"Van: Desk <d@x.example>\nVerzonden: maandag 1 juni 2026\nAan: Owner\nOnderwerp: Akkoord\n\ntekst",
	"Od: Desk <d@x.example>\nWysłano: poniedziałek\nDo: Owner\nTemat: Zgoda\n\ntekst",
	"Från: Desk <d@x.example>\nSkickat: den 1 juni 2026\nTill: Owner\nÄmne: Godkännande\n\ntext",
	"Fra: Desk <d@x.example>\nSendt: 1. juni 2026\nTil: Owner\nEmne: Godkendelse\n\ntekst",
	"Lähettäjä: Desk <d@x.example>\nLähetetty: 1. kesäkuuta\nVastaanottaja: Owner\nAihe: Lupa\n\nteksti",
	"От: Desk <d@x.example>\nОтправлено: 1 июня 2026\nКому: Owner\nТема: Согласование\n\nтекст",
	"Kimden: Desk <d@x.example>\nGönderildi: 1 Haziran\nKime: Owner\nKonu: Onay\n\nmetin",
	"من: Desk <d@x.example>\nتاريخ الإرسال: 1 يونيو\nإلى: Owner\nالموضوع: موافقة\n\nنص",
	"מאת: Desk <d@x.example>\nנשלח: 1 ביוני\nאל: Owner\nנושא: אישור\n\nטקסט",
	"发件人: Desk <d@x.example>\n发送时间: 2026年6月1日\n收件人: Owner\n主题: 审批\n\n文本",
	"差出人: Desk <d@x.example>\n送信日時: 2026年6月1日\n宛先: Owner\n件名: 承認\n\n本文",
	"보낸 사람: Desk <d@x.example>\n날짜: 2026년 6월 1일\n받는 사람: Owner\n제목: 승인\n\n본문",
	"Xyz: Desk <d@x.example>\nQwe: 1.6.2026\nRty: Owner <o@x.example>\nUio: Approval\n\ntext",
	"---------- Forwarded message ---------\nFrom: Desk <d@x.example>\n\napproved",
	"Begin forwarded message:\n\nFrom: Desk <d@x.example>\n\napproved",
	"-------- Weitergeleitete Nachricht --------\nBetreff: x\n\nText",
	"---------- Message transféré ---------\nDe : Desk\n\ntexte",
	"Sent from my iPhone",
	"Sent from my iPhone\n\nOn Mon, 1 Jun 2026 at 10:00, Desk <d@x.example> wrote:\n> text",
	"Get Outlook for iOS<https://aka.ms/x>",
	"Von meinem iPhone gesendet",
	"Envoyé de mon iPhone",
	"Enviado desde mi iPhone",
	"Verstuurd vanaf mijn iPhone",
	"Отправлено с iPhone",
	"iPhoneから送信",
	"发自我的 iPhone",
	"-- \nMaria Smith\nHead of IT",
	"--\nMaria Smith",
	"________________________\nmailing list footer",
	"This e-mail and any attachments are confidential.",
	"CONFIDENTIALITY NOTICE: approved users only",
	"Diese E-Mail enthält vertrauliche Informationen.",
	"## reply above ##\n\nApprove 1: x\nno",
	"> ## reply above ##\n> 1. text",
	"-- Please reply above this line --\n> text",
};

static const struct row rows[] = {
	{ "", "" }, { "\n\n", "" }, { "Approved", "Approved" }, { "Approved\r\n", "Approved" }, { "a\r\n\r\n\r\nb", "a\n\nb" }, { "  indented  ", "  indented" },
	/* text below and between quotes marked by '>' is the writer's */
	{ "> question\n\nApproved", "Approved" }, { "> one\nyes\n> two\nno", "yes\nno" },
	{ "On Mon, 1 Jun 2026 at 10:00, Desk <d@x.example> wrote:\n> text\n\nApproved", "Approved" },
	/* ... but not below one that is not marked */
	{ "On Mon, 1 Jun 2026 at 10:00, Desk <d@x.example> wrote:\n\ntext\n\nApproved", "" },
	{ "---------- Forwarded message ---------\nFrom: Bob <b@x.example>\nTo: Owner\n\nApproved", "" },
	/* the tail of a wrapped quote */
	{ "> please say whether the request may go ahead, so that it is then\napproved\n> or not", "" },
	/* banners of gateways */
	{ "[EXTERNAL EMAIL] Be careful\n\nApproved", "Approved" }, { "CAUTION: This email originated from outside\nApproved", "Approved" },
	/* what only looks like a head stays */
	{ "On the counter.\n\nOn Mon, 1 Jun 2026 at 10:00, Desk <d@x.example> wrote:\n> where?", "On the counter." },
	{ "Invitation:\n\nDate: Wednesday 3\nTime: 7:00am\nAddress: 130 Fox St", "Invitation:\n\nDate: Wednesday 3\nTime: 7:00am\nAddress: 130 Fox St" },
	{ "Two things: this and that.\nNote: fine", "Two things: this and that.\nNote: fine" },
	{ "She wrote: yes", "She wrote: yes" }, { "1 - 2 is fine -- really", "1 - 2 is fine -- really" },
	{ "Sent from my desk, which is easier than my mobile phone.", "Sent from my desk, which is easier than my mobile phone." },
	{ "Hello. On 01/12/26, Desk <d@x.example> wrote:\n> text", "Hello." },
	{ "yes--- On Wed, Apr 4, 2012 at 3:59 PM, me@x.example wrote:\n> Hi", "yes" },
	{ "Best regards,\nMaria", "" }, { "Approved\n\nBest regards,\nMaria", "Approved\n\nBest regards,\nMaria" },
};
/* clang-format on */

static const char *const markers[] = { "## Reply above ##" };
static const struct reply_hints hints = { markers, 1 };

static void
expect(const char *text, const char *want)
{
	struct str out = STR_INIT(1u << 20);
	reply_extract(text, &hints, &out, NULL);
	if (strcmp(str_text(&out), want) != 0)
		fail_msg("of:\n%s\n--- got:\n%s\n--- want:\n%s", text, str_text(&out), want);
	str_done(&out);
}

static void
every_kind_of_quote_below_an_answer_goes(void **state)
{
	char text[2048];
	for (size_t i = 0; i < ARRAY_LEN(quotes); i++) {
		snprintf(text, sizeof text, "Approved.\n\n%s\n", quotes[i]);
		expect(text, "Approved.");
	}
}

static void
with_line_ends_of_windows_it_is_the_same(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(quotes); i++) {
		struct str text = STR_INIT(4096);
		str_add(&text, "Approved.\r\n\r\n");
		for (const char *c = quotes[i]; *c; c++) {
			if (*c == '\n')
				str_add_char(&text, '\r');
			str_add_char(&text, *c);
		}
		expect(str_text(&text), "Approved.");
		str_done(&text);
	}
}

static void
a_mail_that_is_only_a_quote_says_nothing(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(quotes); i++)
		expect(quotes[i], "");
}

static void
single_rows_keep_what_is_the_writers(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		expect(rows[i].text, rows[i].want);
}

static void
what_was_cut_is_told(void **state)
{
	struct str out = STR_INIT(4096);
	struct reply_cut cut;
	reply_extract("ok\n> x", NULL, &out, &cut);
	assert_true(cut.quoted && !cut.forwarded && !cut.signature);
	str_clear(&out);
	reply_extract("fyi\n\nBegin forwarded message:\n\nx", NULL, &out, &cut);
	assert_true(cut.forwarded);
	str_clear(&out);
	reply_extract("ok\n-- \nme", NULL, &out, &cut);
	assert_true(cut.signature && !cut.quoted);
	str_clear(&out);
	reply_extract("ok", NULL, &out, &cut);
	assert_false(cut.signature || cut.quoted || cut.forwarded);
	str_done(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_quote_below_an_answer_goes),
		cmocka_unit_test(with_line_ends_of_windows_it_is_the_same),
		cmocka_unit_test(a_mail_that_is_only_a_quote_says_nothing),
		cmocka_unit_test(single_rows_keep_what_is_the_writers),
		cmocka_unit_test(what_was_cut_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
