# The words of our letters in Spanish. Every language has the same sentences about the same things.

greeting = Hola, { $name }:
greeting-nameless = Hola:
what-to-do = Qué hacer
on-the-command-line = En la línea de comandos:
over-the-api = Mediante la API:
footer = Tidings ha enviado este correo automáticamente. Por favor, no responda a él.
unknown = se desconoce

webhook-subject = Se ha desactivado el webhook de «{ $workspace }»
webhook-disabled-opening =
    { $count ->
        [one] Tidings ha desactivado el webhook del espacio de trabajo «{ $workspace }»: ha fallado un intento de entrega a su dirección.
       *[other] Tidings ha desactivado el webhook del espacio de trabajo «{ $workspace }»: han fallado { $count } intentos seguidos de entrega a su dirección.
    }
webhook-disabled-mend = Por favor, repare el receptor de esta dirección: debe responder a cada entrega con el estado 200 en menos de 15 segundos.
webhook-gone-opening = Tidings ha desactivado el webhook del espacio de trabajo «{ $workspace }»: su receptor ha respondido «410 Gone». Esto significa que ya no se debe enviar nada a esta dirección.
webhook-gone-mend = Si era lo que quería, no tiene que hacer nada. En caso contrario, repare el receptor o indique la nueva dirección del webhook.
webhook-switch-on = Después, vuelva a activar el webhook. Con «send» se entrega todo lo pendiente; con «discard» se elimina definitivamente.
webhook-parked-subject =
    { $count ->
        [one] Se ha apartado una entrega de «{ $workspace }»
       *[other] Se han apartado { $count } entregas de «{ $workspace }»
    }
webhook-parked-opening =
    { $count ->
        [one] Tidings ha apartado una entrega del espacio de trabajo «{ $workspace }»: el receptor de su webhook la ha rechazado una y otra vez. Todas las demás se entregan como antes.
       *[other] Tidings ha apartado { $count } entregas del espacio de trabajo «{ $workspace }»: el receptor de su webhook las ha rechazado una y otra vez. Todas las demás se entregan como antes.
    }
webhook-parked-mend = Por favor, mire qué se ha apartado y qué ha respondido el receptor, y repare el receptor.
webhook-parked-again = Después, haga que se intente todo de nuevo. Lo que ya no haga falta se puede descartar de una en una con «tidings outbound discard».

address = Dirección
switched-off-at = Desactivado el
errors-in-a-row = Errores seguidos
last-error = Último error
owed = Entregas pendientes
owed-count =
    { $count ->
        [0] ninguna
        [one] 1; está guardada y no se ha perdido
       *[other] { $count }; están guardadas y no se han perdido
    }
parked = Apartadas
parked-at = Apartada por última vez el

account-blocked-subject = WhatsApp ha bloqueado la cuenta { $phone }
account-blocked-opening = WhatsApp ha bloqueado la cuenta { $phone } del espacio de trabajo «{ $workspace }». De momento no envía mensajes.
account-blocked-mend = Por favor, consulte el motivo en WhatsApp, en el teléfono, y espere a que termine el bloqueo.
account-unauthorised-subject = La sesión de la cuenta de WhatsApp { $phone } se ha cerrado
account-unauthorised-opening = WhatsApp ya no acepta la sesión de la cuenta { $phone } del espacio de trabajo «{ $workspace }». De momento no envía mensajes.
account-unauthorised-mend = Por favor, vuelva a iniciar sesión en WhatsApp con esta cuenta.
account-misconfigured-subject = La cuenta de WhatsApp { $phone } no está bien configurada
account-misconfigured-opening = La cuenta { $phone } del espacio de trabajo «{ $workspace }» no está bien configurada, por lo que WhatsApp no acepta sus mensajes. De momento no envía ninguno.
account-misconfigured-mend = Por favor, revise los ajustes de la cuenta en WhatsApp y en Tidings, y corríjalos.
account-resume = Después, permita que la cuenta vuelva a enviar:

account = Cuenta
stopped-at = Detenida el
blocked-until = Bloqueada hasta
waiting = Mensajes pendientes
waiting-count =
    { $count ->
        [0] ninguno
        [one] 1; está guardado y se enviará cuando la cuenta vuelva a funcionar
       *[other] { $count }; están guardados y se enviarán cuando la cuenta vuelva a funcionar
    }
