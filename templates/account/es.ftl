language = Español
your-data = Sus datos
nothing = No se guarda nada.
since = desde { $date }
more = Mostrar más
in-other-languages = Esta página en otros idiomas

ask-intro = Vea, corrija, descargue o elimine lo que { $organisation } guarda sobre usted. No necesita contraseña: le enviamos un enlace.
ask-address = Su dirección de correo electrónico
ask-button = Enviarme el enlace
ask-wrong-address = Esto no es una dirección de correo. Debería parecerse a nombre@example.com.
sent-title = Mire en su buzón
sent-text = Si { $organisation } tiene esta dirección, le hemos enviado un correo con un enlace. El enlace sirve una sola vez, durante 30 minutos.
sent-hint = ¿No ha llegado nada al cabo de unos minutos? Mire entre el correo no deseado y compruebe cómo está escrita la dirección. Se envían como máximo tres de estos correos por hora y diez por día, y ninguno a una dirección de la que el correo vuelve definitivamente.
later-title = Inténtelo más tarde
later-text = Ahora no se pueden enviar enlaces a nadie. No se ha cambiado nada.
limited-text = Se han pedido muchos enlaces desde su red. Inténtelo de nuevo dentro de { $minutes } minutos.
foreign-form = Esto no lo ha enviado una página nuestra, así que no se ha hecho nada. Abra la página de nuevo y use sus botones.

open-title = ¿Abrir su cuenta?
open-text = En este navegador se abrirá lo que { $organisation } guarda sobre { $address }.
open-button = Abrir mi cuenta
gone-title = Este enlace ya no funciona
gone-text = Un enlace sirve una sola vez, durante 30 minutos. Puede pedir otro.
change-title = ¿Es esta su nueva dirección?
change-text = { $organisation } escribirá a partir de ahora a { $address }.
change-button = Sí, usar esta dirección
changed-title = Su dirección se ha cambiado
changed-text = { $organisation } escribe a partir de ahora a { $address }.
unchanged-title = Su dirección no se ha cambiado
unchanged-text = { $address } no se puede usar: pertenece a otra entrada o no se le debe escribir. No se ha cambiado nada.

mail-subject = Sus datos en { $organisation }
mail-text =
    Hola:

    Alguien, probablemente usted, ha pedido ver lo que { $organisation } guarda sobre usted. Abra su cuenta aquí:

    { $link }

    El enlace sirve una sola vez, durante 30 minutos. Quien lo tenga puede ver y eliminar sus datos, así que no lo comparta. Si no lo ha pedido, no tiene que hacer nada.
mail-change-subject = Confirme su dirección para { $organisation }
mail-change-text =
    Hola:

    Alguien, probablemente usted, quiere que { $organisation } escriba a partir de ahora a esta dirección. Si es correcto, confírmelo aquí:

    { $link }

    El enlace sirve una sola vez, durante 30 minutos. Si no lo ha pedido, no tiene que hacer nada.
mail-changed-subject = Su dirección en { $organisation } se ha cambiado
mail-changed-text =
    Hola:

    { $organisation } escribe a partir de ahora a otra dirección, como se pidió en su cuenta. Si no fue usted, responda a este correo.
mail-erased-subject = Sus datos en { $organisation } se han eliminado
mail-erased-text =
    Hola:

    { $organisation } elimina lo que guarda sobre usted, como ha pedido.

    Recibo: { $number }
    Fecha: { $date }

    Queda un código cifrado de su dirección, por el que sabemos que no debemos escribirle más. Solo si alguien escribe su dirección en uno de nuestros formularios le preguntamos por correo si fue usted.

account-intro = Esto es lo que { $organisation } guarda sobre usted.
account-ends = Este navegador se olvida tras 30 minutos sin uso y, en todo caso, a las cuatro horas.
leave-account = Cerrar mi cuenta en este navegador
closed-title = Cerrada
closed-text = Su cuenta está cerrada en este navegador.
said-saved = Guardado.
said-nothing = No se ha cambiado nada.
said-confirm = Hemos enviado un enlace a la nueva dirección. La dirección cambia cuando se usa el enlace.
said-blocked = Guardado. Aun así no se le envía correo, porque su dirección está bloqueada.
said-wrong = No se ha cambiado nada: { $problem }
said-wait = No se ha cambiado nada. Algo que dijo antes aún se está guardando; inténtelo dentro de un minuto.
open-in = { $count ->
    [one] Su cuenta está abierta en un navegador.
   *[other] Su cuenta está abierta en { $count } navegadores.
}

profile = Perfil
address = Dirección
known-since = Guardado desde
changed-at = Último cambio
correct = Corregir
correct-hint = Vacíe un campo para eliminar su valor.
save = Guardar
new-address = Nueva dirección de correo
new-address-hint = Enviamos un enlace a la nueva dirección. Será válida cuando haya usado el enlace.
change-address = Cambiar mi dirección

topics = Lo que recibe
topics-hint = Marque lo que quiere recibir. Tiene efecto de inmediato.
subscribed = suscrito
unsubscribed = no suscrito
pending = sin confirmar
unsubscribe-all = Darme de baja de todo
blocked = No se envía correo a su dirección desde { $date }. Motivo: { $reason }
reason-unsubscribed = se ha dado de baja de todo
reason-hard-bounce = el correo vuelve definitivamente
reason-complaint = un mensaje se denunció como no deseado
reason-manual = una decisión nuestra

tracking = Lo que se registra cuando lee
tracked = Vemos cuándo abre uno de nuestros mensajes y qué enlaces sigue en él.
untracked = No registramos ni cuándo abre un mensaje ni qué enlaces sigue.
untracked-all = No registramos de nadie cuándo se abre un mensaje ni qué enlaces se siguen.
stop-tracking = Dejar de registrar
stop-and-forget = Dejar de registrar y olvidar lo conocido
allow-tracking = Permitirlo
forgetting = Lo que ha hecho hasta ahora se está eliminando.

consents = Lo que ha aceptado
granted = aceptado
withdrawn = retirado
everything = todo
about-tracking = registrar lo que lee
notice = aviso { $version }
basis-consent = su consentimiento
basis-contract = un contrato con usted
basis-customer = es usted cliente
basis-other = otro motivo
basis-not-stated = motivo no indicado
by-one-click = un clic en su programa de correo
by-page = la página tras el enlace de un mensaje
by-account = esta cuenta
by-request = una petición que nos hizo
by-elsewhere = se había dado de baja en otro lugar
by-hard-bounce = el correo vuelve definitivamente
by-complaint = un mensaje se denunció como no deseado
by-not-confirmed = no confirmado a tiempo
by-reconfirmation = confirmado de nuevo
by-operator = una decisión nuestra

mails = Correos para usted
single-mails = Otros mensajes para usted
state-queued = espera su envío
state-sent = enviado
state-failed = no se pudo entregar
state-suppressed = no enviado: usted no lo quiere
state-paused = no enviado: usted había hecho una pausa
state-capped = no enviado: ya había recibido bastantes mensajes nuestros
state-skipped = no enviado: no se pudo preparar
state-in-doubt = quizá enviado
viewed = visto
clicked = clic en: { $links }
nothing-recorded = nada registrado
not-kept = lo que hizo con él ya no se conserva
left-by-it = baja por él

hits = Vistas y clics
hits-hint = Los más recientes. La descarga contiene todos los que se guardan.
a-view = visto
a-click = clic
class-person = una persona
class-proxied = muy probablemente una persona
class-unknown = una persona o un programa
class-machine = un programa, no usted

browsers = Navegadores
browsers-hint = En estos navegadores se siguieron enlaces de correos para usted.
browser-number = Navegador { $id }
browser-clicks = { $count ->
    [one] 1 clic
   *[other] { $count } clics
}
cut = No es mío: separar
cut-browsers = Navegadores que ha separado
tags = Etiquetas
changes = Cambios en sus datos
changed-from-to = { $before } → { $after }
changed-by-you = usted
changed-by-import = una lista importada
changed-by-us = nosotros
other-traces = Otros
test-copies = Copias de mensajes de prueba con sus datos
networks = Redes que pidieron su mensaje en menos de un minuto, guardadas una semana
kept-removals = Lo que dijo antes de figurar aquí

disclosures = Quién ha recibido sus datos
disclosures-hint = Cada vez que datos suyos salieron de nuestro sistema en un archivo o los leyó un programa: cuándo, a quién, por qué y cuáles.
disclosed-us = nosotros mismos
shared-own-use = uso propio
shared-law = la ley y los derechos
shared-service = alguien que nos ayuda
shared-sale = venta de la empresa
shared-bureau = un informe a una autoridad de exportación
shared-request = su propia petición
shared-sharing = cesión a terceros
requests = Pregúntenos
requests-hint = Lo que no puede hacer aquí usted mismo, nos lo puede pedir. Respondemos en el plazo de un mes.
request-kind = De qué se trata
kind-access = Una copia o explicación de mis datos
kind-correction = Una rectificación
kind-erasure = La supresión
kind-objection = Una oposición
kind-question = Una pregunta
request-text = Sus palabras
request-send = Enviar
said-asked = Hemos recibido su solicitud. Respondemos a más tardar el { $date }.
said-asked-often = Tiene varias solicitudes abiertas. Espere primero la respuesta a una de ellas.
request-open = abierta
request-answered = respondida
request-refused = denegada
request-withdrawn = retirada
request-due = debe responderse antes del { $date }

mail-request-subject = Su solicitud a { $organisation }
mail-request-received =
    Hola:

    { $organisation } ha recibido su solicitud: { $kind }.

    Respondemos a más tardar el { $date }. Si usted no ha pedido nada, responda a este mensaje.
mail-request-extended =
    Hola:

    su solicitud a { $organisation } tarda más: { $kind }.

    Por qué: { $reason }

    Respondemos a más tardar el { $date }.
mail-request-answered =
    Hola:

    { $organisation } ha respondido a su solicitud: { $kind }.

    { $outcome }
mail-request-refused =
    Hola:

    { $organisation } no puede hacer lo que usted ha pedido: { $kind }.

    { $outcome }

    Puede reclamar ante la autoridad de protección de datos de su lugar de residencia.

download = Descargar
download-hint = Todo lo de esta página, y todas sus vistas y clics.
download-page = Página para leer
download-json = JSON, para programas
download-csv = Tablas (CSV)
download-rest = Hay más vistas y clics de los que caben en un archivo: la parte siguiente

erase = Eliminar mis datos
erase-hint = Esto elimina su dirección, perfil, suscripciones, consentimientos, mensajes, navegadores y lo registrado de sus vistas y clics. Quedan un código cifrado de su dirección, para que ninguna lista le vuelva a incluir, y números que no nombran a nadie. No se puede deshacer.
erase-button = Eliminar todo sobre mí
erase-sure-title = ¿Eliminar todo sobre usted?
erase-cancel = No, volver
erased-title = Sus datos se han eliminado
erased-text = { $organisation } ya no guarda nada sobre usted, salvo un código cifrado de su dirección, por el que sabemos que no debemos escribirle más. Las vistas y los clics pierden su nombre en poco tiempo; las copias de seguridad desaparecen a su debido tiempo.
erased-receipt = Recibo { $number }, { $date }
erased-mailed = También le hemos enviado este recibo por correo.

leave-title = ¿Dejar de recibir estos correos?
leave-text = Va a dar de baja { $address } de { $topic } de { $organisation }. Tiene efecto de inmediato, también para el correo que se está enviando ahora.
leave-outage = Ahora no podemos consultar su suscripción, pero puede darse de baja: su petición se guarda de inmediato y tiene efecto antes de enviar nada más.
leave-button = Darme de baja
leave-topic = Darme de baja de { $topic }
left-everything = Se ha dado de baja de todo
left-topic = Se ha dado de baja de { $topic }
left-everything-text = { $organisation } no enviará más correo a { $address }.
left-topic-text = { $address } no recibirá más { $topic } de { $organisation }.
return = Suscribirme de nuevo
return-topic = Suscribirme de nuevo a { $topic }
returned = Está suscrito de nuevo
returned-text = { $address } recibe de nuevo { $topic } de { $organisation }.
returned-blocked = Aún no podemos escribirle
returned-blocked-text = Está suscrito de nuevo a { $topic }, pero { $address } está bloqueada por otro motivo: { $reason }. Escriba a { $organisation } para cambiarlo.
foot-recorded = Lo que se registra de usted
foot-privacy = Preguntas sobre privacidad:
foot-choose = Elegir lo que recibe
foot-cookie = La cookie de este navegador
foot-account = Enviarme un enlace a todos mis datos
track-title = ¿Dejar de seguirme?
track-title-off = No se le sigue
track-text = { $organisation } puede ver cuándo { $address } abre uno de sus mensajes y qué enlaces se siguen en él. Esto ayuda a escribir mensajes que se quieran leer.
track-stop = Dejar de seguirme
track-stop-text = Seguirá recibiendo los mismos mensajes. Los nuevos no tienen píxel y sus enlaces llevan directamente a donde dicen.
track-off-text = { $organisation } no registra ni cuándo { $address } abre un mensaje ni qué enlaces se siguen en él.
track-allow-text = Si lo permite, { $organisation } puede ver cuándo abre un mensaje y qué enlaces sigue. Puede retirarlo aquí en cualquier momento.
track-forget = Olvidar lo que se sabía antes
track-none-text = { $organisation } no registra de nadie cuándo se abre un mensaje ni qué enlaces se siguen en él.
track-stopped = Guardado. Vale desde ahora, también para los mensajes que ya tiene.
track-forgotten = Guardado. Vale desde ahora, también para los mensajes que ya tiene. Lo que abrió y siguió hasta ahora ya no se asocia a usted: nuestros totales quedan y no nombran a nadie.
track-allowed = Guardado. Gracias.

choose-title = Lo que recibe de { $organisation }
choose-text = Esto vale para { $address }. Marque lo que quiere recibir; tiene efecto de inmediato, también para los mensajes que se están enviando ahora.
choose-language = Su idioma
choose-language-none = como indica su navegador
choose-blocked = Los mensajes a esta dirección están bloqueados, por lo que aquí no se puede añadir nada.
pause = Una pausa
pause-hint = Durante una pausa no recibe novedades nuestras. Los mensajes sobre sus propios datos y las respuestas a usted siguen llegando. Lo que enviemos mientras tanto no se le enviará después.
pause-none = Sin pausa
pause-keep = En pausa hasta el { $date }: dejarlo así
pause-end = Terminar la pausa ahora
pause-week = Durante una semana
pause-month = Durante un mes
pause-quarter = Durante tres meses
pause-date = Hasta este día
pause-wrong = Elija un día posterior a hoy, dentro de un año.
sharing = Cesión de sus datos a terceros
sharing-hint = Esto es lo que hemos anunciado. Los datos de quien dice que no no se ceden; tiene efecto de inmediato.
sharing-to = A { $recipient }, para: { $purpose }. Desde el { $date }.
sharing-none = Actualmente no se cede nada.
sharing-allow = Mis datos pueden cederse como se ha anunciado

join-topics = ¿Qué le gustaría recibir?
join-choose = Elija, por favor
join-yes = Sí
join-no = No
join-optional = opcional
join-birth = ¿Cuándo nació?
join-birth-month = Mes
join-birth-year = Año
join-button = Suscribirse
join-trap = Deje este campo vacío
join-missing = Rellene este campo, por favor.
join-no-topic = Elija al menos uno, por favor.
join-wrong-value = Esto no es válido aquí. Mire el ejemplo, por favor.
join-wrong-birth = Elija un mes y escriba el año con cuatro cifras, por favor.
join-hint-number = Un número, como 12.5
join-hint-date = Año, mes, día: 1990-12-31
join-hint-language = Un idioma, como de o pt-BR
join-hint-zone = Una zona horaria, como Europe/Vienna
join-problems = Todavía no se ha enviado nada. Mire los campos marcados, por favor.
join-press-title = Un paso más
join-press-text = Pulse el botón, por favor, para que sepamos que no ha rellenado el formulario un programa.
join-press-button = Sí, suscríbanme
join-sent-text = { $organisation } le envía un correo con un enlace. Quedará suscrito cuando lo haya usado, hasta el { $date }.
join-sent-hint = ¿No ha llegado nada al cabo de unos minutos? Mire entre el correo no deseado y compruebe cómo está escrita la dirección. Se envía como mucho uno de estos correos por hora y tres al día.
join-limited-text = Han llegado muchos formularios desde su red, o se está suscribiendo mucha gente. Inténtelo de nuevo dentro de { $minutes } minutos.
join-closed-title = Este formulario está cerrado
join-closed-text = { $organisation } no suscribe a nadie con este formulario por ahora.
join-none-title = Este formulario no existe
join-none-text = Quizá la dirección esté incompleta, o el formulario se haya retirado.
join-child-title = Gracias por su interés
join-child-text = No podemos suscribirle, y no hemos guardado nada de lo que ha escrito.
join-confirm-title = ¿Suscribirse?
join-confirm-text = { $organisation } escribirá a { $address }: { $topics }
join-confirm-button = Sí, suscríbanme
join-gone-text = Un enlace sirve una vez y solo unos días. Puede rellenar el formulario de nuevo.
join-done-title = Está suscrito
join-done-text = { $organisation } escribe desde ahora a { $address }: { $topics }
join-blocked-text = El correo a { $address } está bloqueado, así que no se ha cambiado nada. Escriba a { $organisation } para cambiarlo.
mail-join-subject = Confirme, por favor: correo de { $organisation }
mail-join-text =
    Hola:

    alguien, probablemente usted, quiere recibir de { $organisation }: { $topics }

    Si es correcto, confírmelo aquí:

    { $link }

    El enlace sirve una vez, hasta el { $date }. Si no lo ha pedido, no tiene que hacer nada: no recibirá nada.
waiting-joins = Formularios que no ha confirmado
by-form = el formulario { $form }
reconfirm-title = ¿Quiere seguir recibiendo esto?
reconfirm-text = { $organisation } seguiría escribiendo a { $address }: { $topics }
reconfirm-button = Sí, sigan
reconfirm-done-title = Gracias
mail-reconfirm-subject = ¿Quiere seguir recibiendo { $topics }?
mail-reconfirm-text =
    Hola:

    usted recibe esto de { $organisation }: { $topics }

    Si todavía lo quiere, confírmelo aquí:

    { $link }

    Hasta el { $date }. Sin confirmación dejamos de enviárselo; con el enlace puede cambiarlo más tarde. Si ya no lo quiere, no tiene que hacer nada.
