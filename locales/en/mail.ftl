# The words of our letters in English. Every language has the same sentences about the same things.

greeting = Hello { $name },
greeting-nameless = Hello,
what-to-do = What to do
on-the-command-line = On the command line:
over-the-api = Over the API:
footer = Tidings wrote this e-mail automatically. Please do not reply to it.
unknown = not known

webhook-subject = The webhook of “{ $workspace }” was switched off
webhook-disabled-opening =
    { $count ->
        [one] Tidings has switched off the webhook of the workspace “{ $workspace }”: one try to deliver to its address failed.
       *[other] Tidings has switched off the webhook of the workspace “{ $workspace }”: { $count } tries to deliver to its address failed one after the other.
    }
webhook-disabled-mend = Please mend the receiver behind this address: it should answer every delivery with status 200 within 15 seconds.
webhook-gone-opening = Tidings has switched off the webhook of the workspace “{ $workspace }”: its receiver answered “410 Gone”. This means that nothing should be sent to this address any more.
webhook-gone-mend = If this was intended, there is nothing to do. Otherwise please mend the receiver, or give the webhook its new address.
webhook-switch-on = Then switch the webhook on again. With “send”, everything that waited is delivered; with “discard”, it is dropped for good.
webhook-parked-subject =
    { $count ->
        [one] A delivery of “{ $workspace }” was put aside
       *[other] { $count } deliveries of “{ $workspace }” were put aside
    }
webhook-parked-opening =
    { $count ->
        [one] Tidings has put aside one delivery of the workspace “{ $workspace }”: the receiver of its webhook refused it again and again. All others are delivered as before.
       *[other] Tidings has put aside { $count } deliveries of the workspace “{ $workspace }”: the receiver of its webhook refused them again and again. All others are delivered as before.
    }
webhook-parked-mend = Please look at what was put aside and at what the receiver answered, and mend the receiver.
webhook-parked-again = Then have everything tried again. What is not wanted any more can be given up singly, with “tidings outbound discard”.

address = Address
switched-off-at = Switched off at
errors-in-a-row = Errors in a row
last-error = Last error
owed = Deliveries that wait
owed-count =
    { $count ->
        [0] none
        [one] 1; it is kept and not lost
       *[other] { $count }; they are kept and not lost
    }
parked = Put aside
parked-at = Last put aside at

account-blocked-subject = WhatsApp has blocked the account { $phone }
account-blocked-opening = WhatsApp has blocked the account { $phone } of the workspace “{ $workspace }”. For now it sends no messages.
account-blocked-mend = Please look into WhatsApp on the phone for the reason, and wait until the block ends.
account-unauthorised-subject = The WhatsApp account { $phone } is signed out
account-unauthorised-opening = WhatsApp no longer accepts the sign-in of the account { $phone } of the workspace “{ $workspace }”. For now it sends no messages.
account-unauthorised-mend = Please sign the account in to WhatsApp again.
account-misconfigured-subject = The WhatsApp account { $phone } is not set up correctly
account-misconfigured-opening = The account { $phone } of the workspace “{ $workspace }” is not set up correctly, so WhatsApp does not accept its messages. For now it sends none.
account-misconfigured-mend = Please check the account’s settings, at WhatsApp and in Tidings, and correct them.
account-resume = Then let the account send again:

account = Account
stopped-at = Stopped at
blocked-until = Blocked until
waiting = Messages that wait
waiting-count =
    { $count ->
        [0] none
        [one] 1; it is kept and will be sent once the account works again
       *[other] { $count }; they are kept and will be sent once the account works again
    }
