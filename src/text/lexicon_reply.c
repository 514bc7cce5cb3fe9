#include "reply_priv.h"

/*
 * The words by which mail programs mark what is not the writer's own, in the
 * folded form of fold.c. A row costs nothing but a comparison: add freely.
 */

/* clang-format off */
const struct header_word reply_headers[] = {
	/* English, and shared by many */
	{ HEADER_FROM, "from" }, { HEADER_TO, "to" }, { HEADER_CC, "cc" }, { HEADER_CC, "bcc" },
	{ HEADER_DATE, "date" }, { HEADER_DATE, "sent" }, { HEADER_SUBJECT, "subject" },
	{ HEADER_OTHER, "reply-to" }, { HEADER_OTHER, "reply to" }, { HEADER_OTHER, "importance" },
	{ HEADER_OTHER, "attachments" }, { HEADER_OTHER, "priority" }, { HEADER_OTHER, "organization" },
	{ HEADER_DATE, "message du" }, { HEADER_DATE, "sent at" }, { HEADER_DATE, "sent on" }, { HEADER_DATE, "received" },
	/* German */
	{ HEADER_FROM, "von" }, { HEADER_TO, "an" }, { HEADER_CC, "kopie" }, { HEADER_CC, "kopie (cc)" },
	{ HEADER_DATE, "datum" }, { HEADER_DATE, "gesendet" }, { HEADER_SUBJECT, "betreff" },
	{ HEADER_OTHER, "antwort an" }, { HEADER_OTHER, "wichtigkeit" }, { HEADER_OTHER, "anlagen" },
	/* French */
	{ HEADER_FROM, "de" }, { HEADER_FROM, "expediteur" }, { HEADER_FROM, "expéditeur" },
	{ HEADER_TO, "à" }, { HEADER_TO, "a" }, { HEADER_TO, "pour" }, { HEADER_TO, "destinataire" },
	{ HEADER_CC, "copie à" }, { HEADER_CC, "copie" }, { HEADER_DATE, "envoyé" },
	{ HEADER_DATE, "envoyé le" }, { HEADER_SUBJECT, "objet" }, { HEADER_SUBJECT, "sujet" },
	{ HEADER_OTHER, "répondre à" },
	/* Spanish, Portuguese, Galician, Catalan */
	{ HEADER_TO, "para" }, { HEADER_DATE, "fecha" }, { HEADER_DATE, "enviado" },
	{ HEADER_DATE, "enviado el" }, { HEADER_DATE, "enviado em" }, { HEADER_DATE, "enviada" },
	{ HEADER_DATE, "enviada em" }, { HEADER_DATE, "data" }, { HEADER_SUBJECT, "asunto" },
	{ HEADER_SUBJECT, "assunto" }, { HEADER_SUBJECT, "assumpte" }, { HEADER_SUBJECT, "tema" },
	{ HEADER_CC, "con copia" }, { HEADER_CC, "cópia" }, { HEADER_OTHER, "responder a" },
	{ HEADER_TO, "per a" }, { HEADER_DATE, "enviat" }, { HEADER_DATE, "data d'enviament" },
	/* Italian */
	{ HEADER_FROM, "da" }, { HEADER_FROM, "mittente" }, { HEADER_TO, "destinatario" },
	{ HEADER_DATE, "inviato" }, { HEADER_DATE, "inviato il" }, { HEADER_SUBJECT, "oggetto" },
	{ HEADER_CC, "ccn" }, { HEADER_OTHER, "rispondi a" },
	/* Dutch */
	{ HEADER_FROM, "van" }, { HEADER_TO, "aan" }, { HEADER_DATE, "verzonden" },
	{ HEADER_SUBJECT, "onderwerp" }, { HEADER_OTHER, "beantwoorden" }, { HEADER_OTHER, "antwoord aan" },
	/* Swedish, Danish, Norwegian, Icelandic, Finnish */
	{ HEADER_FROM, "från" }, { HEADER_TO, "till" }, { HEADER_DATE, "skickat" },
	{ HEADER_SUBJECT, "ämne" }, { HEADER_CC, "kopia" }, { HEADER_FROM, "fra" }, { HEADER_TO, "til" },
	{ HEADER_DATE, "dato" }, { HEADER_DATE, "sendt" }, { HEADER_DATE, "skickat den" }, { HEADER_DATE, "sendt den" },
	{ HEADER_SUBJECT, "emne" }, { HEADER_CC, "kopi" }, { HEADER_CC, "kopi til" },
	{ HEADER_FROM, "frá" }, { HEADER_DATE, "sent þann" }, { HEADER_SUBJECT, "efni" },
	{ HEADER_FROM, "lähettäjä" }, { HEADER_TO, "vastaanottaja" }, { HEADER_DATE, "lähetetty" },
	{ HEADER_DATE, "päivämäärä" }, { HEADER_DATE, "päiväys" }, { HEADER_DATE, "pvm" },
	{ HEADER_SUBJECT, "aihe" }, { HEADER_CC, "kopio" }, { HEADER_TO, "saaja" },
	/* Polish, Czech, Slovak */
	{ HEADER_FROM, "od" }, { HEADER_FROM, "nadawca" }, { HEADER_TO, "do" }, { HEADER_TO, "adresat" },
	{ HEADER_CC, "dw" }, { HEADER_CC, "udw" }, { HEADER_CC, "do wiadomości" }, { HEADER_DATE, "wysłano" }, { HEADER_DATE, "wysłane" },
	{ HEADER_DATE, "data wysłania" }, { HEADER_SUBJECT, "temat" }, { HEADER_TO, "komu" },
	{ HEADER_CC, "kopie" }, { HEADER_DATE, "odesláno" }, { HEADER_SUBJECT, "předmět" },
	{ HEADER_DATE, "odoslané" }, { HEADER_DATE, "dátum" }, { HEADER_SUBJECT, "predmet" }, { HEADER_CC, "kópia" },
	{ HEADER_DATE, "odoslaná" }, { HEADER_TO, "pre" }, { HEADER_TO, "adresát" }, { HEADER_TO, "příjemce" },
	/* Hungarian, Romanian, Estonian, Latvian, Lithuanian */
	{ HEADER_FROM, "feladó" }, { HEADER_TO, "címzett" }, { HEADER_TO, "címzettek" }, { HEADER_CC, "másolat" }, { HEADER_CC, "másolatot kap" },
	{ HEADER_DATE, "elküldve" }, { HEADER_DATE, "küldve" }, { HEADER_SUBJECT, "tárgy" }, { HEADER_FROM, "küldő" },
	{ HEADER_FROM, "de la" }, { HEADER_FROM, "expeditor" }, { HEADER_TO, "către" }, { HEADER_TO, "catre" }, { HEADER_DATE, "trimis" },
	{ HEADER_DATE, "trimisă" }, { HEADER_DATE, "dată" }, { HEADER_SUBJECT, "subiect" }, { HEADER_FROM, "saatja" }, { HEADER_TO, "kellele" }, { HEADER_TO, "adressaat" },
	{ HEADER_DATE, "saadetud" }, { HEADER_DATE, "kuupäev" }, { HEADER_SUBJECT, "teema" }, { HEADER_CC, "koopia" }, { HEADER_FROM, "kellelt" },
	{ HEADER_FROM, "no" }, { HEADER_TO, "kam" }, { HEADER_DATE, "datums" }, { HEADER_DATE, "nosūtīts" }, { HEADER_SUBJECT, "temats" },
	{ HEADER_FROM, "nuo" }, { HEADER_TO, "kam" }, { HEADER_TO, "skirta" }, { HEADER_DATE, "išsiųsta" }, { HEADER_SUBJECT, "tema" },
	/* Croatian, Serbian, Slovenian, Bulgarian */
	{ HEADER_FROM, "šalje" }, { HEADER_FROM, "pošiljatelj" }, { HEADER_TO, "za" }, { HEADER_TO, "prima" }, { HEADER_TO, "prejemnik" },
	{ HEADER_DATE, "poslano" }, { HEADER_DATE, "poslato" }, { HEADER_SUBJECT, "naslov" }, { HEADER_SUBJECT, "zadeva" }, { HEADER_SUBJECT, "predmet" },
	{ HEADER_CC, "kp" }, { HEADER_FROM, "от" }, { HEADER_TO, "до" }, { HEADER_SUBJECT, "относно" }, { HEADER_DATE, "изпратено" }, { HEADER_CC, "копие" },
	/* Russian, Ukrainian */
	{ HEADER_TO, "кому" }, { HEADER_TO, "для" }, { HEADER_DATE, "дата" }, { HEADER_DATE, "отправлено" }, { HEADER_DATE, "дата отправки" },
	{ HEADER_SUBJECT, "тема" }, { HEADER_CC, "копия" }, { HEADER_FROM, "від" }, { HEADER_FROM, "від кого" }, { HEADER_FROM, "от кого" }, { HEADER_FROM, "отправитель" },
	{ HEADER_DATE, "надіслано" }, { HEADER_CC, "копія" }, { HEADER_SUBJECT, "предмет" }, { HEADER_FROM, "кто" }, { HEADER_CC, "см." },
	/* Greek, Turkish */
	{ HEADER_FROM, "από" }, { HEADER_TO, "προς" }, { HEADER_DATE, "ημερομηνία" }, { HEADER_DATE, "στάλθηκε" }, { HEADER_SUBJECT, "θέμα" }, { HEADER_CC, "κοιν" }, { HEADER_CC, "κοιν." },
	{ HEADER_FROM, "kimden" }, { HEADER_FROM, "gönderen" }, { HEADER_TO, "kime" }, { HEADER_TO, "alici" }, { HEADER_TO, "alici" }, { HEADER_DATE, "tarih" },
	{ HEADER_DATE, "gönderildi" }, { HEADER_DATE, "gönderilme tarihi" }, { HEADER_DATE, "gönderme tarihi" }, { HEADER_SUBJECT, "konu" }, { HEADER_CC, "bilgi" },
	/* Hebrew, Arabic, Persian */
	{ HEADER_FROM, "מאת" }, { HEADER_TO, "אל" }, { HEADER_TO, "לכבוד" }, { HEADER_TO, "נמען" }, { HEADER_DATE, "תאריך" }, { HEADER_DATE, "נשלח" }, { HEADER_SUBJECT, "נושא" },
	{ HEADER_SUBJECT, "הנדון" }, { HEADER_CC, "עותק" }, { HEADER_CC, "העתק" }, { HEADER_FROM, "من" }, { HEADER_FROM, "المرسل" }, { HEADER_TO, "إلى" }, { HEADER_TO, "الى" }, { HEADER_TO, "المستلم" },
	{ HEADER_DATE, "التاريخ" }, { HEADER_DATE, "تاريخ" }, { HEADER_DATE, "تم الإرسال" }, { HEADER_DATE, "أرسل" }, { HEADER_DATE, "أرسلت" }, { HEADER_DATE, "تاريخ الإرسال" }, { HEADER_SUBJECT, "الموضوع" }, { HEADER_SUBJECT, "موضوع" },
	{ HEADER_CC, "نسخة" }, { HEADER_CC, "نسخة إلى" }, { HEADER_FROM, "از" }, { HEADER_TO, "به" }, { HEADER_DATE, "ارسال شده" },
	/* Chinese, Japanese, Korean, Vietnamese, Thai, Indonesian, Hindi */
	{ HEADER_FROM, "发件人" }, { HEADER_FROM, "發件人" }, { HEADER_FROM, "寄件者" }, { HEADER_FROM, "寄件人" }, { HEADER_FROM, "自" }, { HEADER_TO, "收件人" }, { HEADER_TO, "收件者" }, { HEADER_TO, "至" },
	{ HEADER_DATE, "日期" }, { HEADER_DATE, "发送时间" }, { HEADER_DATE, "發送時間" }, { HEADER_DATE, "寄件日期" }, { HEADER_DATE, "发送日期" }, { HEADER_DATE, "时间" }, { HEADER_SUBJECT, "主题" }, { HEADER_SUBJECT, "主旨" }, { HEADER_SUBJECT, "主題" }, { HEADER_SUBJECT, "标题" },
	{ HEADER_CC, "抄送" }, { HEADER_CC, "副本" }, { HEADER_FROM, "差出人" }, { HEADER_FROM, "送信元" }, { HEADER_FROM, "送信者" }, { HEADER_TO, "宛先" }, { HEADER_DATE, "送信日時" }, { HEADER_DATE, "日時" }, { HEADER_DATE, "日付" }, { HEADER_SUBJECT, "件名" },
	{ HEADER_FROM, "보낸사람" }, { HEADER_FROM, "보낸 사람" }, { HEADER_FROM, "발신" }, { HEADER_TO, "받는사람" }, { HEADER_TO, "받는 사람" }, { HEADER_TO, "수신" }, { HEADER_DATE, "날짜" }, { HEADER_DATE, "보낸 날짜" }, { HEADER_DATE, "보낸날짜" }, { HEADER_SUBJECT, "제목" }, { HEADER_CC, "참조" },
	{ HEADER_FROM, "từ" }, { HEADER_TO, "đến" }, { HEADER_TO, "tới" }, { HEADER_DATE, "ngày" }, { HEADER_DATE, "đã gửi" }, { HEADER_SUBJECT, "chủ đề" }, { HEADER_FROM, "จาก" }, { HEADER_TO, "ถึง" }, { HEADER_DATE, "วันที่" }, { HEADER_SUBJECT, "เรื่อง" },
	{ HEADER_FROM, "dari" }, { HEADER_TO, "kepada" }, { HEADER_DATE, "tanggal" }, { HEADER_DATE, "dikirim" }, { HEADER_SUBJECT, "subjek" }, { HEADER_SUBJECT, "perihal" }, { HEADER_FROM, "प्रेषक" }, { HEADER_TO, "प्रति" }, { HEADER_DATE, "दिनांक" }, { HEADER_SUBJECT, "विषय" },
	{ HEADER_NONE, NULL },
};

const char *const reply_verbs[] = {
	"wrote", "writes", "said", "schrieb", "schrieben", "geschrieben", "a écrit", "écrit", "a ecrit", "écrivait", "escribió", "escribio", "ha escrito", "va escriure", "escrigué", "ha escrit",
	"ha scritto", "scrive", "escreveu", "schreef", "geschreven", "napisał", "napisała", "napisał(a)", "napisal", "napísal", "napsal", "napsal(a)", "pisze", "skrev", "skrifaði", "følgende",
	"följande", "kirjoitti", "kirjutas", "rakstīja", "rašė", "parašė", "írta", "ezt írta", "írt", "a scris", "scris", "je napisao", "je napisala", "napisao", "napisala", "је написао", "je pisal", "napisal/-a", "написа", "написа:", "пише", "написал", "написала", "написал(а)", "пишет", "написав", "пише:", "написав(ла)",
	"έγραψε", "yazdi", "yazdi", "şunlari yazdi", "tarihinde", "כתב", "כתבה", "כתב/ה", "كتب", "كتبت", "نوشت", "写道", "寫道", "写到", "が書きました", "のメール", "のメッセージ", "は書きました", "さんは書きました", "작성", "님이 작성", "đã viết", "viết", "เขียนว่า", "เขียน", "menulis", "ने लिखा",
	NULL,
};

const char *const reply_openers[] = {
	"on ", "am ", "le ", "el ", "em ", "il ", "op ", "den ", "dne ", "dňa ", "dnia ", "w dniu ", "a ", "no dia ", "o ", "pe ", "la ", "la data de ", "în ", "dana ", "kuupäeval ", "в ", "на ", "от ", "στις ", "ב-", "ב", "في ", "بتاريخ ", "vào ", "pada ", "ke ", "to ", "ons ", "tor ", "fre ", "lör ", "sön ", "mån ", "tis ", "ti ", "ma ", "ke ", "pe ", "la ", "su ", "pt.", "pon.", "wt.", "śr.", "czw.", "sob.", "niedz.", "pá ", "po ", "út ", "st ", "čt ", "so ", "ne ", "mer.", "lun.", "mar.", "jeu.", "ven.", "sam.", "dim.", "lunes", "martes", "mi", "do ", "mo ", "di ", "fr ", "sa ", "gio", "dom", "sab", "пт,", "вт,", "ср,", "чт,", "пн,", "сб,", "вс,", "mon, ", "tue, ", "wed, ", "thu, ", "fri, ", "sat, ", "sun, ", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "from ", "quoting ", "--- on ", "-- on ", "----- on ",
	"今", "在", "於", "于", "ที่", "เมื่อ", "við", "þann ", "date: ", "dnia: ", "u ", "v ", "dne.", "на:", "tarihinde", NULL,
};

const char *const reply_forwards[] = {
	"forwarded message", "forward", "weitergeleitete nachricht", "weitergeleitet", "message transféré", "message réexpédié", "courriel transféré", "mensaje reenviado", "mensagem encaminhada", "mensagem reenviada", "missatge reenviat", "messaggio inoltrato", "messaggio inoltrato", "doorgestuurd bericht", "doorgestuurd", "vidarebefordrat meddelande", "vidarebefordrat", "videresendt meddelelse", "videresendt besked", "videresendt melding", "videresendt", "välitetty viesti", "edelleenlähetetty", "välitetty", "edastatud kiri", "edastatud", "pārsūtītā ziņa", "pārsūtīts", "persiųstas laiškas", "persiųsta", "wiadomość przekazana", "przekazana wiadomość", "przekazana", "přeposlaná zpráva", "preposlaná správa", "preposlaná", "továbbított üzenet", "továbbított", "továbbított levél", "mesaj redirecționat", "mesaj redirectionat", "mesaj redirecţionat", "mesaj retransmis", "proslijeđena poruka", "prosleđena poruka", "posredovano sporočilo", "препратено съобщение", "пересылаемое сообщение", "пересланное сообщение", "перенаправленное сообщение", "переслано", "переадресоване повідомлення", "пересилання", "переслане повідомлення", "προωθημένο μήνυμα", "iletilen mesaj", "iletilmiş mesaj", "yönlendirilmiş mesaj", "iletilen ileti", "הודעה שהועברה", "הועברה", "رسالة معاد توجيهها", "الرسالة المعاد توجيهها", "رسالة محولة", "پیام بازارسال", "转发的邮件", "转发邮件", "轉寄", "轉寄郵件", "已转发邮件", "转发", "轉寄的郵件", "転送メッセージ", "メッセージを転送", "treść przekazanej wiadomości", "mensagem reencaminhada", "転送されたメッセージ", "転送", "전달된 메시지", "전달된 메일", "forwarded mail", "thư đã chuyển tiếp", "tin nhắn đã chuyển tiếp", "chuyển tiếp", "ข้อความที่ส่งต่อ", "pesan terusan", "pesan diteruskan", "प्रेषित", "áframsent", "framsent skeyti", NULL,
};

const char *const reply_originals[] = {
	"original message", "reply message", "original appointment", "ursprüngliche nachricht", "originalnachricht", "original-nachricht", "message d'origine", "message original", "message initial", "mensaje original", "mensagem original", "missatge original", "messaggio originale", "messaggio originario", "oorspronkelijk bericht", "origineel bericht", "ursprungligt meddelande", "originalmeddelande", "oprindelig meddelelse", "original besked", "opprinnelig melding", "original melding", "alkuperäinen viesti", "algne kiri", "algsõnum", "sākotnējais ziņojums", "originalus laiškas", "pradinis laiškas", "oryginalna wiadomość", "wiadomość oryginalna", "původní zpráva", "pôvodná správa", "eredeti üzenet", "mesaj original", "mesajul original", "originalna poruka", "izvorna poruka", "izvirno sporočilo", "оригинално съобщение", "исходное сообщение", "оригинальное сообщение", "вихідне повідомлення", "оригінальне повідомлення", "αρχικό μήνυμα", "özgün ileti", "orijinal mesaj", "orijinal ileti", "הודעה מקורית", "ההודעה המקורית", "الرسالة الأصلية", "رسالة أصلية", "پیام اصلی", "原始邮件", "原始郵件", "原始信件", "邮件原件", "元のメッセージ", "original mail", "원본 메시지", "원본 메일", "thư gốc", "ข้อความต้นฉบับ", "pesan asli", "upprunaleg skilaboð", "upprunalegt skeyti", "reply separator", "quoted text", NULL,
};

const char *const reply_begins[] = {
	"forwarded message", "begin forwarded message", "anfang der weitergeleiteten nachricht", "anfang der weitergeleiteten e-mail", "début du message réexpédié", "début du message transféré", "inicio del mensaje reenviado", "inicia la mensaje reenviado", "início da mensagem reencaminhada", "início da mensagem encaminhada", "inici del missatge reenviat", "inizio messaggio inoltrato", "inizio del messaggio inoltrato", "begin doorgestuurd bericht", "start på vidarebefordrat meddelande", "vidarebefordrat brev", "vidarebefordrat mejl", "start på videresendt besked", "videresendt besked", "start på videresendt melding", "videresendt melding", "välitetty viesti alkaa", "välitetty viesti", "początek przekazywanej wiadomości", "přeposlaná zpráva", "začátek přeposílané zprávy", "začiatok preposlanej správy", "továbbított levél kezdete", "începutul mesajului redirecționat", "mesaj redirecționat", "početak proslijeđene poruke", "započni proslijeđenu poruku", "пересылаемое сообщение", "начало переадресованного сообщения", "початок переспрямованого повідомлення", "початок листа, що пересилається", "αρχή προωθημένου μηνύματος", "iletilen mesajin başlangici", "iletilen mesaj", "תחילת ההודעה שהועברה", "بداية الرسالة المعاد توجيهها", "بداية الرسالة المعاد توجيهها", "下面是被转发的邮件", "以下是轉寄的郵件", "以下轉寄的郵件", "転送されたメッセージ", "전달된 메시지", "전달된 메시지 시작", "bắt đầu thư được chuyển tiếp", "เริ่มต้นข้อความที่ส่งต่อ", "----- forwarded by", NULL,
};

const char *const reply_devices[] = {
	"sent from my ", "sent from ios", "sent from outlook", "sent using ", "sent from mail<", "sent from mail ", "sent from mail for", "sent from mailbox", "sent from yahoo mail", "sent from proton mail", "sent from protonmail", "sent with proton", "sent via ", "sent from a ", "sent from an ", "sent from samsung", "sent from windows mail", "sent from gmail", "sent from android", "sent from phone", "sent from the ", "sent by mobile", "sent on the go", "get outlook for", "télécharger outlook pour", "obtenez outlook pour", "outlook für ios", "hol dir outlook für", "outlook voor ios", "von meinem ", "von unterwegs gesendet", "gesendet von", "gesendet mit", "gesendet über", "diese nachricht wurde von meinem", "envoyé de mon", "envoyé depuis mon", "envoyé à partir de", "envoyé depuis ", "enviado desde mi", "enviado desde ", "enviado do meu", "enviado do ", "enviado via ", "enviado por ", "enviado a partir", "enviat des", "inviato da iphone", "inviato da ipad", "inviato dal mio", "inviato da ", "verstuurd vanaf mijn", "verstuurd vanaf ", "verzonden vanaf ", "verzonden met ", "skickat från min", "skickat från ", "sendt fra min", "sendt fra ", "lähetetty ", "wysłane z ", "wysłano z ", "odesláno z ", "odoslané z ", "trimis de pe", "poslano s ", "poslato sa ", "poslano z ", "отправлено с ", "отправлено из ", "надіслано з ", "изпратено от ", "στάλθηκε από το", "أرسلت من ", "مرسل من ", "تم الإرسال من ", "נשלח מ", "发自我的", "從我的", "发送自", "來自我的", "iphoneから送信", "iphone 에서 보냄", "나의 iphone에서 보냄", "đã gửi từ", "dikirim dari", "telefonumdan gönderildi", NULL,
};

const char *const reply_device_ends[] = {
	"iphone gesendet", "ipad gesendet", "android gesendet", "mobiltelefon gesendet", "handy gesendet", "smartphone gesendet", "blackberry gesendet", "'umdan gönderildi", "'dan gönderildi", "'den gönderildi", "den gönderildi", "dan gönderildi", "から送信", "에서 보냄", "에서 전송함", "에서 보냈습니다", "-ról küldve", "ról küldve", "ről küldve", NULL,
};

const char *const reply_banners[] = {
	"external email", "[external", "caution: this email originated", "caution: external", "this email originated from outside", "this message originated from outside", "this email was sent from outside", "warning: external", "attention: external", "attention : ce courriel provient", "you don't often get email from", "[you don't often get email from", "some people who received this message don't often", "be careful with this message", "think before you click", "achtung: externe e-mail", "achtung: diese e-mail", "externe e-mail", "[extern]", "vorsicht: externe", "courriel externe", "message externe", "correo externo", "e-mail esterna", NULL,
};

const char *const reply_disclaimers[] = {
	"confidentiality notice", "confidentiality note", "disclaimer:", "disclaimer -", "this email and any attachments", "this e-mail and any attachments", "this email and any files transmitted", "this e-mail and any files transmitted", "this message and any attachments", "this message contains confidential", "this email contains confidential", "this e-mail contains confidential", "the information contained in this", "the information in this email", "the information in this e-mail", "the content of this email", "the contents of this email", "the contents of this e-mail", "this communication is intended", "this email is intended", "this e-mail is intended", "this message is intended", "this email is confidential", "this e-mail is confidential", "this message is confidential", "if you are not the intended recipient", "please consider the environment", "privileged/confidential", "important notice:", "diese e-mail enthält vertrauliche", "diese e-mail kann vertrauliche", "diese nachricht enthält vertrauliche", "diese nachricht ist vertraulich", "ce message et toutes les pièces jointes", "ce message et ses pièces jointes", "ce message est confidentiel", "ce courriel est confidentiel", "este mensaje y sus archivos", "este mensaje es confidencial", "este correo electrónico", "esta mensagem é confidencial", "esta mensagem pode conter", "questo messaggio e gli allegati", "le informazioni contenute", "dit bericht is vertrouwelijk", "dit bericht en eventuele bijlagen", "de informatie in dit bericht", NULL,
};

/* Nothing but one of these and a name is no answer. */
const char *const reply_closings[] = {
	"best regards", "kind regards", "warm regards", "regards,", "with kind regards", "mit freundlichen grüßen", "viele grüße", "beste grüße", "met vriendelijke groet", "vriendelijke groet", "met vriendelijke groeten", "groeten", "cordialement", "bien cordialement", "saludos", "un saludo", "atentamente", "cordiali saluti", "pozdrawiam", "med vänliga hälsningar", "med venlig hilsen", NULL,
};

const char *const reply_above[] = {
	"reply above this line", "type your reply above", "please type your reply above", "write above this line", "reply above the line", "antworten sie oberhalb dieser zeile", "antwort oberhalb dieser zeile", "bitte antworten sie über dieser zeile", "répondez au-dessus de cette ligne", "répondre au-dessus de cette ligne", "responda por encima de esta línea", "responda encima de esta línea", "responda acima desta linha", "rispondi sopra questa riga", "antwoord boven deze lijn", "plaats uw antwoord boven", "odpowiedz powyżej tej linii", "svara ovanför denna rad", "svar over denne linje", "اكتب ردك فوق هذا السطر", "reply to this email directly", "to respond, reply to this email", "in order to reply, place your reply above", "respond above this line", NULL,
};
/* clang-format on */
