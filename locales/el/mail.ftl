# The words of our letters in Greek. Every language has the same sentences about the same things.

greeting = Γεια σας { $name },
greeting-nameless = Γεια σας,
what-to-do = Τι να κάνετε
on-the-command-line = Από τη γραμμή εντολών:
over-the-api = Μέσω του API:
footer = Το Tidings έστειλε αυτό το e-mail αυτόματα. Παρακαλούμε μην απαντήσετε.
unknown = άγνωστο

webhook-subject = Το webhook του «{ $workspace }» απενεργοποιήθηκε
webhook-disabled-opening =
    { $count ->
        [one] Το Tidings απενεργοποίησε το webhook του χώρου εργασίας «{ $workspace }»: μία προσπάθεια παράδοσης στη διεύθυνσή του απέτυχε.
       *[other] Το Tidings απενεργοποίησε το webhook του χώρου εργασίας «{ $workspace }»: { $count } προσπάθειες παράδοσης στη διεύθυνσή του απέτυχαν η μία μετά την άλλη.
    }
webhook-disabled-mend = Παρακαλούμε διορθώστε τον παραλήπτη σε αυτή τη διεύθυνση: πρέπει να απαντά σε κάθε παράδοση με κωδικό 200 μέσα σε 15 δευτερόλεπτα.
webhook-gone-opening = Το Tidings απενεργοποίησε το webhook του χώρου εργασίας «{ $workspace }»: ο παραλήπτης του απάντησε «410 Gone». Αυτό σημαίνει ότι δεν πρέπει πλέον να στέλνεται τίποτα σε αυτή τη διεύθυνση.
webhook-gone-mend = Αν αυτό έγινε σκόπιμα, δεν χρειάζεται να κάνετε τίποτα. Διαφορετικά, διορθώστε τον παραλήπτη ή δώστε στο webhook τη νέα του διεύθυνση.
webhook-switch-on = Έπειτα ενεργοποιήστε ξανά το webhook. Με «send» παραδίδονται όλα όσα περίμεναν· με «discard» διαγράφονται οριστικά.
webhook-parked-subject =
    { $count ->
        [one] Μία παράδοση του «{ $workspace }» τέθηκε στην άκρη
       *[other] { $count } παραδόσεις του «{ $workspace }» τέθηκαν στην άκρη
    }
webhook-parked-opening =
    { $count ->
        [one] Το Tidings έθεσε στην άκρη μία παράδοση του χώρου εργασίας «{ $workspace }»: ο παραλήπτης του webhook την απέρριψε επανειλημμένα. Όλες οι άλλες παραδίδονται όπως πριν.
       *[other] Το Tidings έθεσε στην άκρη { $count } παραδόσεις του χώρου εργασίας «{ $workspace }»: ο παραλήπτης του webhook τις απέρριψε επανειλημμένα. Όλες οι άλλες παραδίδονται όπως πριν.
    }
webhook-parked-mend = Παρακαλούμε δείτε τι τέθηκε στην άκρη και τι απάντησε ο παραλήπτης, και διορθώστε τον παραλήπτη.
webhook-parked-again = Έπειτα ζητήστε να δοκιμαστούν όλες ξανά. Όσες δεν χρειάζονται πια μπορούν να διαγραφούν μία μία με «tidings outbound discard».

address = Διεύθυνση
switched-off-at = Απενεργοποιήθηκε
errors-in-a-row = Διαδοχικά σφάλματα
last-error = Τελευταίο σφάλμα
owed = Παραδόσεις σε αναμονή
owed-count =
    { $count ->
        [0] καμία
        [one] 1· φυλάσσεται και δεν χάθηκε
       *[other] { $count }· φυλάσσονται και δεν χάθηκαν
    }
parked = Στην άκρη
parked-at = Τελευταία φορά

account-blocked-subject = Το WhatsApp απέκλεισε τον λογαριασμό { $phone }
account-blocked-opening = Το WhatsApp απέκλεισε τον λογαριασμό { $phone } του χώρου εργασίας «{ $workspace }». Προς το παρόν δεν στέλνει μηνύματα.
account-blocked-mend = Παρακαλούμε δείτε την αιτία στο WhatsApp του τηλεφώνου και περιμένετε να λήξει ο αποκλεισμός.
account-unauthorised-subject = Ο λογαριασμός WhatsApp { $phone } αποσυνδέθηκε
account-unauthorised-opening = Το WhatsApp δεν δέχεται πλέον τη σύνδεση του λογαριασμού { $phone } του χώρου εργασίας «{ $workspace }». Προς το παρόν δεν στέλνει μηνύματα.
account-unauthorised-mend = Παρακαλούμε συνδέστε ξανά τον λογαριασμό στο WhatsApp.
account-misconfigured-subject = Ο λογαριασμός WhatsApp { $phone } δεν έχει ρυθμιστεί σωστά
account-misconfigured-opening = Ο λογαριασμός { $phone } του χώρου εργασίας «{ $workspace }» δεν έχει ρυθμιστεί σωστά και το WhatsApp δεν δέχεται τα μηνύματά του. Προς το παρόν δεν στέλνει μηνύματα.
account-misconfigured-mend = Παρακαλούμε ελέγξτε τις ρυθμίσεις του λογαριασμού στο WhatsApp και στο Tidings και διορθώστε τις.
account-resume = Έπειτα επιτρέψτε στον λογαριασμό να στέλνει ξανά:

account = Λογαριασμός
stopped-at = Σταμάτησε
blocked-until = Αποκλεισμένος έως
waiting = Μηνύματα σε αναμονή
waiting-count =
    { $count ->
        [0] κανένα
        [one] 1· φυλάσσεται και θα σταλεί μόλις λειτουργήσει ξανά ο λογαριασμός
       *[other] { $count }· φυλάσσονται και θα σταλούν μόλις λειτουργήσει ξανά ο λογαριασμός
    }
