# The words of our letters in Turkish. Every language has the same sentences about the same things.

greeting = Merhaba { $name },
greeting-nameless = Merhaba,
what-to-do = Ne yapmalısınız?
on-the-command-line = Komut satırından:
over-the-api = API üzerinden:
footer = Bu e-postayı Tidings otomatik olarak gönderdi. Lütfen yanıtlamayın.
unknown = bilinmiyor

webhook-subject = “{ $workspace }” çalışma alanının webhook’u kapatıldı
webhook-disabled-opening =
    { $count ->
        [one] Tidings, “{ $workspace }” çalışma alanının webhook’unu kapattı: adresine yapılan bir teslim denemesi başarısız oldu.
       *[other] Tidings, “{ $workspace }” çalışma alanının webhook’unu kapattı: adresine yapılan { $count } teslim denemesi art arda başarısız oldu.
    }
webhook-disabled-mend = Lütfen bu adresteki alıcıyı onarın: her teslimata 15 saniye içinde 200 durum koduyla yanıt vermelidir.
webhook-gone-opening = Tidings, “{ $workspace }” çalışma alanının webhook’unu kapattı: alıcısı “410 Gone” yanıtını verdi. Bu, o adrese artık hiçbir şey gönderilmemesi gerektiği anlamına gelir.
webhook-gone-mend = Böyle olmasını istediyseniz yapmanız gereken bir şey yok. Aksi hâlde lütfen alıcıyı onarın veya webhook’a yeni adresini verin.
webhook-switch-on = Ardından webhook’u yeniden açın. “send” ile bekleyen her şey teslim edilir; “discard” ile kalıcı olarak silinir.
webhook-parked-subject =
    { $count ->
        [one] “{ $workspace }” çalışma alanının bir teslimatı kenara alındı
       *[other] “{ $workspace }” çalışma alanının { $count } teslimatı kenara alındı
    }
webhook-parked-opening =
    { $count ->
        [one] Tidings, “{ $workspace }” çalışma alanının bir teslimatını kenara aldı: webhook’un alıcısı onu tekrar tekrar reddetti. Diğerleri eskisi gibi teslim ediliyor.
       *[other] Tidings, “{ $workspace }” çalışma alanının { $count } teslimatını kenara aldı: webhook’un alıcısı onları tekrar tekrar reddetti. Diğerleri eskisi gibi teslim ediliyor.
    }
webhook-parked-mend = Lütfen kenara alınanlara ve alıcının verdiği yanıtlara bakın ve alıcıyı onarın.
webhook-parked-again = Ardından hepsinin yeniden denenmesini sağlayın. Artık istenmeyenlerden “tidings outbound discard” ile tek tek vazgeçilebilir.

address = Adres
switched-off-at = Kapatılma zamanı
errors-in-a-row = Art arda hata
last-error = Son hata
owed = Bekleyen teslimatlar
owed-count =
    { $count ->
        [0] yok
        [one] 1; saklanıyor, kaybolmadı
       *[other] { $count }; saklanıyor, kaybolmadı
    }
parked = Kenara alınanlar
parked-at = Son kenara alınma zamanı

account-blocked-subject = WhatsApp { $phone } hesabını engelledi
account-blocked-opening = WhatsApp, “{ $workspace }” çalışma alanının { $phone } hesabını engelledi. Hesap şimdilik mesaj göndermiyor.
account-blocked-mend = Lütfen nedenini telefondaki WhatsApp uygulamasında kontrol edin ve engelin bitmesini bekleyin.
account-unauthorised-subject = { $phone } WhatsApp hesabının oturumu kapandı
account-unauthorised-opening = WhatsApp, “{ $workspace }” çalışma alanının { $phone } hesabının oturumunu artık kabul etmiyor. Hesap şimdilik mesaj göndermiyor.
account-unauthorised-mend = Lütfen hesapla WhatsApp’ta yeniden oturum açın.
account-misconfigured-subject = { $phone } WhatsApp hesabı doğru ayarlanmamış
account-misconfigured-opening = “{ $workspace }” çalışma alanının { $phone } hesabı doğru ayarlanmamış; bu yüzden WhatsApp mesajlarını kabul etmiyor. Hesap şimdilik mesaj göndermiyor.
account-misconfigured-mend = Lütfen hesabın WhatsApp’taki ve Tidings’teki ayarlarını kontrol edip düzeltin.
account-resume = Ardından hesabın yeniden göndermesine izin verin:

account = Hesap
stopped-at = Durma zamanı
blocked-until = Engelin bitişi
waiting = Bekleyen mesajlar
waiting-count =
    { $count ->
        [0] yok
        [one] 1; saklanıyor ve hesap yeniden çalışınca gönderilecek
       *[other] { $count }; saklanıyor ve hesap yeniden çalışınca gönderilecek
    }
