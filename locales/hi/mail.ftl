# The words of our letters in Hindi. Every language has the same sentences about the same things.

greeting = नमस्ते { $name },
greeting-nameless = नमस्ते,
what-to-do = क्या करें
on-the-command-line = कमांड लाइन से:
over-the-api = API से:
footer = यह ई-मेल Tidings ने अपने आप भेजा है। कृपया इसका उत्तर न दें।
unknown = पता नहीं

webhook-subject = “{ $workspace }” का वेबहुक बंद कर दिया गया है
webhook-disabled-opening =
    { $count ->
        [one] Tidings ने कार्यस्थान “{ $workspace }” का वेबहुक बंद कर दिया है: उसके पते पर डिलीवरी का { $count } प्रयास विफल रहा।
       *[other] Tidings ने कार्यस्थान “{ $workspace }” का वेबहुक बंद कर दिया है: उसके पते पर डिलीवरी के { $count } प्रयास लगातार विफल रहे।
    }
webhook-disabled-mend = कृपया इस पते के रिसीवर को ठीक करें: उसे हर डिलीवरी का उत्तर 15 सेकंड के भीतर स्थिति 200 के साथ देना चाहिए।
webhook-gone-opening = Tidings ने कार्यस्थान “{ $workspace }” का वेबहुक बंद कर दिया है: उसके रिसीवर ने “410 Gone” उत्तर दिया। इसका अर्थ है कि इस पते पर अब कुछ भी नहीं भेजा जाना चाहिए।
webhook-gone-mend = यदि ऐसा जान-बूझकर किया गया था, तो कुछ करने की आवश्यकता नहीं है। अन्यथा कृपया रिसीवर को ठीक करें या वेबहुक को उसका नया पता दें।
webhook-switch-on = फिर वेबहुक को दोबारा चालू करें। “send” से रुकी हुई सभी डिलीवरी भेज दी जाती हैं; “discard” से वे हमेशा के लिए हटा दी जाती हैं।
webhook-parked-subject =
    { $count ->
        [one] “{ $workspace }” की { $count } डिलीवरी अलग रख दी गई है
       *[other] “{ $workspace }” की { $count } डिलीवरी अलग रख दी गई हैं
    }
webhook-parked-opening =
    { $count ->
        [one] Tidings ने कार्यस्थान “{ $workspace }” की { $count } डिलीवरी अलग रख दी है: वेबहुक के रिसीवर ने उसे बार-बार अस्वीकार किया। बाकी सभी पहले की तरह भेजी जा रही हैं।
       *[other] Tidings ने कार्यस्थान “{ $workspace }” की { $count } डिलीवरी अलग रख दी हैं: वेबहुक के रिसीवर ने उन्हें बार-बार अस्वीकार किया। बाकी सभी पहले की तरह भेजी जा रही हैं।
    }
webhook-parked-mend = कृपया देखें कि क्या अलग रखा गया है और रिसीवर ने क्या उत्तर दिया, और रिसीवर को ठीक करें।
webhook-parked-again = फिर सभी को दोबारा भेजने का प्रयास करवाएँ। जो अब नहीं चाहिए, उसे “tidings outbound discard” से एक-एक करके छोड़ा जा सकता है।

address = पता
switched-off-at = बंद होने का समय
errors-in-a-row = लगातार त्रुटियाँ
last-error = पिछली त्रुटि
owed = रुकी हुई डिलीवरी
owed-count =
    { $count ->
        [0] कोई नहीं
        [one] { $count }; यह सुरक्षित है, खोई नहीं है
       *[other] { $count }; ये सुरक्षित हैं, खोई नहीं हैं
    }
parked = अलग रखी गई डिलीवरी
parked-at = पिछली बार अलग रखने का समय

account-blocked-subject = WhatsApp ने खाता { $phone } अवरुद्ध कर दिया है
account-blocked-opening = WhatsApp ने कार्यस्थान “{ $workspace }” का खाता { $phone } अवरुद्ध कर दिया है। फ़िलहाल यह कोई संदेश नहीं भेज रहा है।
account-blocked-mend = कृपया फ़ोन पर WhatsApp में इसका कारण देखें और अवरोध समाप्त होने तक प्रतीक्षा करें।
account-unauthorised-subject = WhatsApp खाता { $phone } साइन आउट हो गया है
account-unauthorised-opening = WhatsApp अब कार्यस्थान “{ $workspace }” के खाते { $phone } का साइन-इन स्वीकार नहीं करता। फ़िलहाल यह कोई संदेश नहीं भेज रहा है।
account-unauthorised-mend = कृपया इस खाते से WhatsApp में दोबारा साइन इन करें।
account-misconfigured-subject = WhatsApp खाता { $phone } ठीक से सेट नहीं है
account-misconfigured-opening = कार्यस्थान “{ $workspace }” का खाता { $phone } ठीक से सेट नहीं है, इसलिए WhatsApp इसके संदेश स्वीकार नहीं करता। फ़िलहाल यह कोई संदेश नहीं भेज रहा है।
account-misconfigured-mend = कृपया WhatsApp और Tidings में इस खाते की सेटिंग जाँचें और उन्हें ठीक करें।
account-resume = फिर खाते को दोबारा भेजने दें:

account = खाता
stopped-at = रुकने का समय
blocked-until = इस समय तक अवरुद्ध
waiting = रुके हुए संदेश
waiting-count =
    { $count ->
        [0] कोई नहीं
        [one] { $count }; यह सुरक्षित है और खाता फिर से चलने पर भेजा जाएगा
       *[other] { $count }; ये सुरक्षित हैं और खाता फिर से चलने पर भेजे जाएँगे
    }
