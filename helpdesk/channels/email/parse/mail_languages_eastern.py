"""The words around quotes in languages of eastern Europe, and in Turkish."""

from helpdesk.channels.email.parse.mail_language import MailLanguage

# Lines have at most 120 bytes, where the formatter counts characters.
# fmt: off
LANGUAGES = (
    MailLanguage(
        "pl",
        "Od|Nadawca",
        "Wysłano|Data|Wysłane|Wysłany|Data wysłania",
        "Do|Adresat|Odbiorca",
        "DW|Cc|UDW|Odpowiedz do|Załączniki|Ważność",
        "Temat",
        "napisał|napisała|napisał(a)|napisał/a|pisze|napisano",
        "Wiadomość oryginalna|Oryginalna wiadomość|Pierwotna wiadomość|Oryginalny e-mail",
        "Przekazana wiadomość|Treść przekazanej wiadomości|Początek przekazywanej wiadomości"
        "|Wiadomość przekazana",
        "Wysłane z {}|Wysłane ze {}|Wysłano z {}|Wysłane przez {}|Wysłano za pomocą {}"
        "|Wysłano przez {}|Pobierz {}",
    ),
    MailLanguage(
        "cs",
        "Od|Odesílatel",
        "Odesláno|Datum|Odesláno dne",
        "Komu|Pro|Příjemce",
        "Kopie|Kopie (Cc)|Cc|Skrytá|Odpovědět komu|Přílohy|Důležitost",
        "Předmět",
        "napsal|napsala|napsal(a)|napsal/a|píše|napsal/-a",
        "Původní zpráva|Původní e-mail|Původní email",
        "Přeposlaná zpráva|Začátek přeposílané zprávy|Předávaná zpráva|Přeposlaný e-mail",
        "Odesláno z {}|Odesláno ze {}|Odesláno pomocí {}|Odesláno přes {}|Získejte {}|Získat {}|Posláno z {}"
        "|Stáhnout {}",
    ),
    MailLanguage(
        "sk",
        "Od|Odosielateľ",
        "Odoslané|Dátum|Odoslal|Odoslaná",
        "Komu|Pre|Príjemca",
        "Kópia|Kópia (Cc)|Cc|Prílohy|Dôležitosť",
        "Predmet",
        "napísal|napísala|napísal(a)|napísal/a|píše|napísali",
        "Pôvodná správa|Pôvodný e-mail|Pôvodná Správa",
        "Preposlaná správa|Začiatok preposielanej správy|Preposlaný e-mail",
        "Odoslané z {}|Odoslané zo {}|Odoslané pomocou {}|Odoslané cez {}|Získajte {}|Poslané z {}"
        "|Získať {}|Stiahnuť {}",
    ),
    MailLanguage(
        "hu",
        "Feladó|Küldő",
        "Elküldve|Dátum|Küldve|Küldés dátuma",
        "Címzett|Címzettek",
        "Másolatot kap|Másolat|Cc|Válaszcím|Mellékletek|Fontosság",
        "Tárgy",
        "ezt írta|írta|írta (időpont|a következőt írta|írja",
        "Eredeti üzenet|Eredeti levél|Eredeti Üzenet",
        "Továbbított üzenet|Továbbított levél|Továbbított üzenet kezdete",
        "Küldve {}|Elküldve {}|{} küldve|Az én {} küldve|Szerezze be {}|Készült {}"
        "|Az {} beszerzése {}|Az {} beszerzése|Az {} letöltése",
    ),
    MailLanguage(
        "ro",
        "De la|Expeditor|De",
        "Trimis|Data|Trimisă|Dată",
        "Către|Catre|La|Destinatar",
        "Cc|Copie|Răspuns la|Atașări|Importanță",
        "Subiect|Subiectul",
        "a scris|scrie",
        "Mesaj original|Mesajul original|Mesaj inițial",
        "Mesaj redirecționat|Mesajul redirecționat|Începutul mesajului redirecționat|Mesaj înaintat",
        "Trimis de pe {}|Trimis din {}|Trimis de la {}|Trimis prin {}|Trimis cu {}|Obțineți {}",
    ),
    MailLanguage(
        "bg",
        "От|Подател",
        "Изпратено|Дата|Изпратен",
        "До|Получател",
        "Копие|Як|Cc|Прикачени файлове",
        "Относно|Тема",
        "написа|пише|написал",
        "Оригинално съобщение|Първоначално съобщение"
        "|Оригинален имейл",
        "Препратено съобщение|Начало на препратеното съобщение",
        "Изпратено от {}|Изпратено с {}|Изпратено чрез {}",
    ),
    MailLanguage(
        "hr",
        "Od|Pošiljatelj|Šalje",
        "Poslano|Datum|Slanje",
        "Za|Prima|Primatelj",
        "Kopija|Cc|Privici",
        "Predmet",
        "napisao je|napisala je|napisao|napisala|je napisao|je napisala|je napisao/la|piše",
        "Izvorna poruka|Originalna poruka|Izvorni e-mail",
        "Proslijeđena poruka|Početak proslijeđene poruke",
        "Poslano s {}|Poslano sa {}|Poslano putem {}|Poslano pomoću {}|Poslano iz {}|Nabavite {}",
    ),
    MailLanguage(
        "sr",
        "Од|Šalje|Шаље|Пошиљалац",
        "Послато|Poslato|Датум|Datum",
        "За|Коме|Prima|Прима",
        "Копија|Kopija|Cc",
        "Наслов|Naslov|Тема|Предмет",
        "је написао|је написала|је написао/ла|написао|написала"
        "|je napisao/la",
        "Изворна порука|Оригинална порука|Originalna poruka",
        "Прослеђена порука|Prosleđena poruka",
        "Послато са {}|Poslato sa {}|Послато преко {}|Poslato preko {}",
    ),
    MailLanguage(
        "sl",
        "Od|Pošiljatelj",
        "Poslano|Datum",
        "Za|Prejemnik",
        "Kp|Kopija|Cc|Priloge",
        "Zadeva",
        "je napisal|je napisala|je napisal/a|je oseba|napisal|je napisal(a)",
        "Izvirno sporočilo|Prvotno sporočilo",
        "Posredovano sporočilo|Začetek posredovanega sporočila",
        "Poslano iz {}|Poslano z {}|Poslano s {}|Poslano prek {}|Prenesite {}",
    ),
    MailLanguage(
        "el",
        "Από|Αποστολέας",
        "Στάλθηκε|Ημερομηνία|Αποστολή|Εστάλη",
        "Προς|Παραλήπτης",
        "Κοιν|Κοινοποίηση|Cc|Συνημμένα|Απάντηση σε",
        "Θέμα",
        "έγραψε|έγραψε τα εξής|γράφει",
        "Αρχικό μήνυμα|Αρχικό Μήνυμα|Πρωτότυπο μήνυμα",
        "Προωθημένο μήνυμα|Έναρξη προωθημένου μηνύματος"
        "|Προωθημένο e-mail",
        "Στάλθηκε από {}|Από το {} μου|Εστάλη από {}"
        "|Αποστολή από {}|Στάλθηκε με {}"
        "|Λήψη του {}|Λήψη {}|Αποκτήστε {}",
    ),
    MailLanguage(
        "tr",
        "Gönderen|Kimden",
        "Gönderildi|Tarih|Gönderme Tarihi|Gönderim Tarihi|Gönderilme",
        "Kime|Alıcı|Kime gönderildi",
        "Bilgi|Cc|Yanıt|Ekler|Önem",
        "Konu",
        "şunu yazdı|yazdı|şunları yazdı|tarihinde şunu yazdı",
        "Özgün İleti|Orijinal Mesaj|Özgün ileti|Orijinal İleti|Orijinal E-posta|Orijinal mesaj",
        "Yönlendirilmiş ileti|İletilen mesaj|İletilmiş ileti|İletilen ileti|Yönlendirilen ileti",
        "{} gönderildi|{} aracılığıyla gönderildi|{} yükleyin|{} indirin|{} için {} edinin",
    ),
    MailLanguage(
        "ru",
        "От|От кого|Отправитель",
        "Отправлено|Дата|Отправлен|Послано",
        "Кому|Получатель",
        "Копия|Cc|Скрытая|Ответить|Вложения|Важность",
        "Тема",
        "написал|написала|написал(а)|написал/а"
        "|пишет|писал|писала|вы писали"
        "|пользователь",
        "Исходное сообщение|Исходное письмо"
        "|Оригинальное сообщение|Первоначальное сообщение"
        "|Пересылаемое письмо",
        "Пересылаемое сообщение|Пересланное сообщение"
        "|Начало переадресованного сообщения"
        "|Перенаправленное сообщение"
        "|Начало пересылаемого сообщения",
        "Отправлено с {}|Отправлено из {}|Отправлено через {}"
        "|Отправлено от {}|Послано с {}|Отправлено {}"
        "|Скачать {}|Загрузить {}|Получите {}",
    ),
    MailLanguage(
        "uk",
        "Від|Від кого|Відправник",
        "Надіслано|Дата|Відправлено",
        "Кому|До|Одержувач",
        "Копія|Cc|Прихована|Вкладення",
        "Тема",
        "написав|написала|написав(ла)|написав(-ла)|пише|написав/ла"
        "|користувач",
        "Вихідне повідомлення|Початкове повідомлення"
        "|Оригінальне повідомлення|Початковий лист",
        "Переслане повідомлення|Пересилане повідомлення"
        "|Перенаправлене повідомлення",
        "Надіслано з {}|Відправлено з {}|Надіслано через {}"
        "|Відправлено через {}|Надіслано від {}|Отримати {}",
    ),
    MailLanguage(
        "et",
        "Saatja|Kellelt",
        "Saadetud|Saatmisaeg|Kuupäev",
        "Adressaat|Saaja|Kellele",
        "Koopia|Cc|Manused",
        "Teema",
        "kirjutas|kirjutas järgmist",
        "Algne kiri|Algne sõnum|Originaalkiri",
        "Edastatud kiri|Edastatud sõnum",
        "Saadetud {}|Saadetud minu {}|Saadetud rakendusest {}",
    ),
    MailLanguage(
        "lv",
        "No|Sūtītājs",
        "Nosūtīts|Datums|Sūtīts",
        "Kam|Adresāts",
        "Kopija|Cc|Pielikumi",
        "Tēma|Temats",
        "rakstīja|raksta",
        "Sākotnējais ziņojums|Oriģinālā vēstule|Sākotnējā ziņa",
        "Pārsūtīta ziņa|Pārsūtītais ziņojums",
        "Nosūtīts no {}|Sūtīts no {}|Nosūtīts izmantojot {}",
    ),
    MailLanguage(
        "lt",
        "Nuo|Siuntėjas",
        "Išsiųsta|Data|Siųsta",
        "Kam|Gavėjas|Iki",
        "Kopija|Cc|Priedai",
        "Tema",
        "rašė|parašė|rašo",
        "Pradinis pranešimas|Originalus laiškas|Pradinis laiškas",
        "Persiųstas laiškas|Persiųstas pranešimas",
        "Išsiųsta iš {}|Siųsta iš {}|Išsiųsta naudojant {}",
    ),
)
