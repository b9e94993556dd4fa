//! Recognises misnamed fields: typos, other words, and translations, because translated manuals translate field names
//! too.

/// How many letters may be wrong in a long name that still counts as a typo.
const SLIPS_MAX: usize = 2;
/// Shorter names resemble too many others.
const LETTERS_MIN: usize = 4;

/// Each field with other names for it, folded: small letters without accents, nothing but letters and digits.
const NAMES: &[(&str, &str)] = &[
    (
        "action",
        "aktion eylem islem accion acao azione actie ενεργεια действие क्रिया कार्रवाई एक्शन إجراء פעולה 操作 aksi",
    ),
    (
        "text",
        "message msg mesaj metin yazi body content caption texto mensaje mensagem texte nachricht testo messaggio \
         tekst wiadomosc bericht pesan teks κειμενο μηνυμα текст сообщение текстсообщения पाठ टेक्सट टेक्स्ट संदेश सन्देश \
         मैसेज نص رسالة الرسالة טקסט הודעה 文本 消息 messagetext textmessage metinmesaji",
    ),
    (
        "file_url",
        "url link file fileurl fileuri filelink mediaurl media attachment attachmenturl imageurl documenturl dosyaurl \
         dosyaadresi dosyabaglantisi dosyalinki urlarchivo urldelarchivo archivourl enlacearchivo urlfichier \
         fichierurl lienfichier urldufichier dateiurl dateilink urldatei urlarquivo urldoarquivo arquivourl \
         linkdoarquivo urlfile urldelfile linkfile urlαρχειου ссылканафайл urlфайла फाइलurl رابطالملف",
    ),
    (
        "file_name",
        "filename name dosyaadi dosyaismi nombrearchivo nombredearchivo nombredelarchivo nomfichier nomdufichier \
         nomdefichier dateiname nomearquivo nomedoarquivo nomefile nomedelfile bestandsnaam ονομααρχειου имяфайла \
         названиефайла फाइलनाम फाइलकानाम اسمالملف שםהקובץ 文件名",
    ),
    (
        "chat_id",
        "chat chatid chatidentifier idchat sohbetid sohbetkimligi sohbetno iddelchat idduchat iddochat idconversation \
         idconversacion conversationid dialogid chatnummer chatkennung αναγνωριστικοσυνομιλιας idчата идчата चैटid \
         चैटआईडी معرفالدردشة מזההצאט",
    ),
    ("jid", "whatsappid waid wajid whatsappjid remotejid jidwhatsapp groupid grupid grupoid"),
    (
        "phone",
        "phonenumber number mobile mobilenumber mobilephone cell cellphone msisdn recipient to tel telno telefon \
         telefonno telefonnumarasi numara cep ceptelefonu telefonnummer rufnummer handynummer handy telefono numero \
         numerotelefono numerodetelefono celular movil telefone numerodotelefone numerodetelephone telephone \
         telephonenumber portable cellulare telefoon telefoonnummer nrtelefonu numertelefonu nomor nomortelepon telepon τηλεφωνο τηλ \
         κινητο αριθμοςτηλεφωνου телефон номер номертелефона फोन फोननंबर मोबाइल मोबाइलनंबर هاتف الهاتف رقم رقمالهاتف جوال \
         טלפון מספרטלפון 电话 電話 手机 手机号 電話番号 携帯 携帯番号 전화번호 휴대폰 전화 телефонномер номертелефону тел puhelin \
         puhelinnumero telefonszam telefonnr telefonničislo telefonnicislo cislotelefonu sodienthoai sốđiệnthoại \
         điệnthoại โทรศัพท เบอรโทร ফোন মোবাইল تلفن شماره فون",
    ),
    (
        "chat_name",
        "chatname chattitle sohbetadi sohbetismi nombrechat nombredelchat nombredechat nomchat nomdechat nomduchat \
         nomechat nomedochat nomedellachat nomedelchat groupname group grupo grup grupadi nombredelgrupo \
         contactname ονομασυνομιλιας имячата названиечата चैटनाम चैटकानाम اسمالدردشة שםהצאט",
    ),
    (
        "whatsapp account phone",
        "from sender senderphone fromphone account accountphone whatsappphone whatsappaccount whatsappaccountnumber \
         whatsapphesabitelefonu whatsapphesaptelefonu gonderen telefonodelacuentadewhatsapp \
         telefonodecuentadewhatsapp telephoneducomptewhatsapp telefondeswhatsappkontos whatsappkontotelefon \
         telefonedacontawhatsapp telefonedacontadowhatsapp telefonodellaccountwhatsapp absender remitente expediteur \
         remetente mittente αποστολεας отправитель телефонаккаунтаwhatsapp المرسل",
    ),
];

/// Returns the field that an unknown name probably means.
pub(super) fn meant(name: &str) -> Option<&'static str> {
    let folded = fold(name);
    let exact =
        NAMES.iter().find(|(field, names)| fold(field) == folded || names.split_whitespace().any(|n| n == folded));
    exact.or_else(|| NAMES.iter().find(|(field, _)| is_slip(&folded, &fold(field)))).map(|(field, _)| *field)
}

/// True if the name is the field's with a letter or two wrong, missing or swapped.
fn is_slip(name: &str, field: &str) -> bool {
    let letters = name.chars().count();
    let slips = if letters > LETTERS_MIN + 2 { SLIPS_MAX } else { 1 };
    letters >= LETTERS_MIN
        && letters.abs_diff(field.chars().count()) <= slips
        && strsim::osa_distance(name, field) <= slips
}

/// Folds a name: keeps only small letters and digits, without accents.
fn fold(name: &str) -> String {
    name.chars().take(64).flat_map(char::to_lowercase).filter_map(plain).collect()
}

fn plain(letter: char) -> Option<char> {
    Some(match letter {
        // Combining accents, the dot under Devanagari letters, Arabic marks.
        '\u{300}'..='\u{36f}' | '\u{93c}' | '\u{64b}'..='\u{652}' | '\u{640}' | '\u{200b}'..='\u{200f}' => return None,
        'á' | 'à' | 'â' | 'ä' | 'ã' | 'å' => 'a',
        'é' | 'è' | 'ê' | 'ë' | 'ę' => 'e',
        'í' | 'ì' | 'î' | 'ï' | 'ı' => 'i',
        'ó' | 'ò' | 'ô' | 'ö' | 'õ' => 'o',
        'ú' | 'ù' | 'û' | 'ü' => 'u',
        'ç' | 'ć' => 'c',
        'ş' | 'ś' => 's',
        'ğ' => 'g',
        'ñ' => 'n',
        'ł' => 'l',
        'ά' => 'α',
        'έ' => 'ε',
        'ή' => 'η',
        'ί' | 'ϊ' => 'ι',
        'ό' => 'ο',
        'ύ' | 'ϋ' => 'υ',
        'ώ' => 'ω',
        'ё' => 'е',
        '\u{95e}' => 'फ',
        // Devanagari vowels are marks, not letters.
        '\u{900}'..='\u{97f}' => letter,
        _ if letter.is_alphanumeric() => letter,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn translated_names_are_recognised() {
        for (field, names) in [
            ("action", &["eylem", "acción", "Aktion", "ação", "действие"][..]),
            (
                "text",
                &["metin", "mesaj", "texto", "Nachricht", "message", "messaggio", "κείμενο", "текст", "संदेश", "نص"],
            ),
            ("file_url", &["fileUrl", "dosya_url", "url_archivo", "url du fichier", "Datei-URL", "file-url"]),
            ("file_name", &["fileName", "dosya_adı", "nombre_de_archivo", "nom du fichier", "Dateiname", "имя_файла"]),
            ("chat_id", &["chatId", "ChatID", "chat-id", "sohbet_id", "id_del_chat"]),
            ("jid", &["JID", "whatsapp_id", "remoteJid"]),
            (
                "phone",
                &[
                    "telefon",
                    "teléfono",
                    "te\u{301}le\u{301}phone",
                    "TELEFON",
                    "फोन",
                    "फ़ोन",
                    "\u{95e}ोन",
                    "τηλέφωνο",
                    "Phone",
                    "phone_number",
                    "phoneNumber",
                    "телефон",
                    "هاتف",
                    "numara",
                    "to",
                    "telefone",
                    "Rufnummer",
                    "電話番号",
                    "전화번호",
                    "телефон",
                    "số điện thoại",
                    "โทรศัพท์",
                    "تلفن",
                ],
            ),
            ("chat_name", &["chatName", "sohbet adı", "nombre_del_chat", "nome do chat"]),
            (
                "whatsapp account phone",
                &["whatsappAccountPhone", "WhatsApp Account Phone", "from", "gönderen", "Absender"],
            ),
        ] {
            for name in names {
                assert_eq!(meant(name), Some(field), "{name}");
            }
        }
    }

    #[test]
    fn every_name_stands_in_the_table_as_it_is_looked_for() {
        for (_, names) in NAMES {
            for name in names.split_whitespace() {
                assert_eq!(fold(name), name);
            }
        }
    }

    #[test]
    fn slips_of_the_pen_are_recognised() {
        for (name, field) in [
            ("phnoe", "phone"),
            ("pone", "phone"),
            ("txet", "text"),
            ("actoin", "action"),
            ("file_ulr", "file_url"),
            ("filname", "file_name"),
            ("chta_id", "chat_id"),
            ("whatsap_acount_phone", "whatsapp account phone"),
        ] {
            assert_eq!(meant(name), Some(field), "{name}");
        }
    }

    #[test]
    fn other_names_mean_nothing() {
        for name in ["", "id", "lead", "deal_id", "utm_source", "customer", "status", "priority", "日付", "🙂"] {
            assert_eq!(meant(name), None, "{name}");
        }
    }
}
