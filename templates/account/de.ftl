language = Deutsch
your-data = Ihre Daten
nothing = Nichts gespeichert.
since = seit { $date }
more = Mehr anzeigen
in-other-languages = Diese Seite in anderen Sprachen

ask-intro = Sehen, berichtigen, herunterladen oder löschen Sie, was { $organisation } über Sie speichert. Sie brauchen kein Passwort: Wir schicken Ihnen einen Link.
ask-address = Ihre E-Mail-Adresse
ask-button = Link zuschicken
ask-wrong-address = Das ist keine E-Mail-Adresse. Sie sollte aussehen wie name@example.com.
sent-title = Sehen Sie in Ihr Postfach
sent-text = Wenn { $organisation } diese Adresse hat, ist eine E-Mail mit einem Link dorthin unterwegs. Der Link gilt einmal, innerhalb von 30 Minuten.
sent-hint = Nach einigen Minuten ist nichts da? Sehen Sie bei den unerwünschten E-Mails nach und prüfen Sie, wie die Adresse geschrieben ist. Höchstens drei dieser E-Mails gehen in einer Stunde hinaus und zehn an einem Tag, und keine an eine Adresse, von der E-Mails endgültig zurückgekommen sind.
later-title = Bitte versuchen Sie es später
later-text = Im Moment können wir niemandem einen Link schicken. Nichts wurde geändert.
limited-text = Aus Ihrem Netz wurden viele Links angefordert. Bitte versuchen Sie es in { $minutes } Minuten wieder.
foreign-form = Das kam nicht von einer unserer Seiten, deshalb wurde nichts getan. Bitte öffnen Sie die Seite noch einmal und benutzen Sie ihre Knöpfe.

open-title = Ihr Konto öffnen?
open-text = In diesem Browser wird geöffnet, was { $organisation } über { $address } speichert.
open-button = Mein Konto öffnen
gone-title = Dieser Link gilt nicht mehr
gone-text = Ein Link gilt einmal, innerhalb von 30 Minuten. Sie können einen neuen anfordern.
change-title = Ist das Ihre neue Adresse?
change-text = { $organisation } schreibt von jetzt an an { $address }.
change-button = Ja, diese Adresse verwenden
changed-title = Ihre Adresse ist geändert
changed-text = { $organisation } schreibt von jetzt an an { $address }.
unchanged-title = Ihre Adresse wurde nicht geändert
unchanged-text = { $address } kann nicht verwendet werden: Sie gehört zu einem anderen Eintrag, oder an sie darf nicht geschrieben werden. Nichts wurde geändert.

mail-subject = Ihre Daten bei { $organisation }
mail-text =
    Guten Tag,

    jemand, vermutlich Sie, möchte sehen, was { $organisation } über Sie speichert. Hier öffnen Sie Ihr Konto:

    { $link }

    Der Link gilt einmal, innerhalb von 30 Minuten. Wer ihn hat, kann Ihre Daten sehen und löschen; geben Sie ihn bitte nicht weiter. Wenn Sie ihn nicht angefordert haben, ist nichts zu tun.
mail-change-subject = Bestätigen Sie Ihre Adresse für { $organisation }
mail-change-text =
    Guten Tag,

    jemand, vermutlich Sie, möchte, dass { $organisation } von jetzt an an diese Adresse schreibt. Wenn das stimmt, bestätigen Sie es hier:

    { $link }

    Der Link gilt einmal, innerhalb von 30 Minuten. Wenn Sie ihn nicht angefordert haben, ist nichts zu tun.
mail-changed-subject = Ihre Adresse bei { $organisation } wurde geändert
mail-changed-text =
    Guten Tag,

    { $organisation } schreibt von jetzt an an eine andere Adresse, wie es in Ihrem Konto gewünscht wurde. Wenn nicht Sie das waren, antworten Sie bitte auf diese E-Mail.
mail-erased-subject = Ihre Daten bei { $organisation } sind gelöscht
mail-erased-text =
    Guten Tag,

    { $organisation } löscht, was über Sie gespeichert ist, wie Sie es gewünscht haben.

    Beleg: { $number }
    Datum: { $date }

    Es bleibt ein verschlüsselter Code Ihrer Adresse, an dem wir erkennen, dass wir Ihnen nicht mehr schreiben. Nur wenn jemand Ihre Adresse in eines unserer Formulare einträgt, fragen wir Sie per E-Mail, ob Sie das waren.

account-intro = Das speichert { $organisation } über Sie.
account-ends = Dieser Browser wird nach 30 Minuten ohne Benutzung vergessen, und in jedem Fall nach vier Stunden.
leave-account = Mein Konto in diesem Browser schließen
closed-title = Geschlossen
closed-text = Ihr Konto ist in diesem Browser geschlossen.
said-saved = Gespeichert.
said-nothing = Nichts wurde geändert.
said-confirm = Wir haben einen Link an die neue Adresse geschickt. Die Adresse ändert sich, wenn er benutzt wird.
said-blocked = Gespeichert. Sie bekommen trotzdem keine E-Mails, denn Ihre Adresse ist gesperrt.
said-wrong = Nichts wurde geändert: { $problem }
said-wait = Nichts wurde geändert. Was Sie vorher gesagt haben, wird noch gespeichert; bitte versuchen Sie es in einer Minute wieder.
open-in = { $count ->
    [one] Ihr Konto ist in einem Browser offen.
   *[other] Ihr Konto ist in { $count } Browsern offen.
}

profile = Profil
address = Adresse
known-since = Gespeichert seit
changed-at = Zuletzt geändert
correct = Berichtigen
correct-hint = Leeren Sie ein Feld, um seinen Wert zu entfernen.
save = Speichern
new-address = Neue E-Mail-Adresse
new-address-hint = Wir schicken einen Link an die neue Adresse. Sie gilt, wenn Sie den Link benutzt haben.
change-address = Meine Adresse ändern

topics = Was Sie bekommen
topics-hint = Kreuzen Sie an, was Sie bekommen möchten. Das gilt sofort.
subscribed = abonniert
unsubscribed = nicht abonniert
pending = nicht bestätigt
unsubscribe-all = Alles abbestellen
blocked = An Ihre Adresse geht seit { $date } keine E-Mail. Grund: { $reason }
reason-unsubscribed = Sie haben alles abbestellt
reason-hard-bounce = E-Mails kamen endgültig zurück
reason-complaint = eine Nachricht wurde als unerwünscht gemeldet
reason-manual = eine Entscheidung von uns

tracking = Was beim Lesen erfasst wird
tracked = Wir sehen, wann Sie eine unserer Nachrichten öffnen und welchen Links darin Sie folgen.
untracked = Wir erfassen weder, wann Sie eine Nachricht öffnen, noch welchen Links Sie folgen.
untracked-all = Wir erfassen bei niemandem, wann eine Nachricht geöffnet oder welchen Links gefolgt wird.
stop-tracking = Nicht mehr erfassen
stop-and-forget = Nicht mehr erfassen und Bekanntes vergessen
allow-tracking = Erlauben
forgetting = Was Sie bis jetzt getan haben, wird gerade entfernt.

consents = Wozu Sie zugestimmt haben
granted = zugestimmt
withdrawn = zurückgenommen
everything = alles
about-tracking = Erfassen, was Sie lesen
notice = Hinweis { $version }
basis-consent = Ihre Einwilligung
basis-contract = ein Vertrag mit Ihnen
basis-customer = Sie sind Kunde
basis-other = ein anderer Grund
basis-not-stated = Grund nicht angegeben
by-one-click = ein Klick in Ihrem E-Mail-Programm
by-page = die Seite hinter dem Link in einer Nachricht
by-account = dieses Konto
by-request = eine Bitte an uns
by-elsewhere = Sie hatten anderswo abbestellt
by-hard-bounce = E-Mails kamen endgültig zurück
by-complaint = eine Nachricht wurde als unerwünscht gemeldet
by-not-confirmed = nicht rechtzeitig bestätigt
by-reconfirmation = erneut bestätigt
by-operator = eine Entscheidung von uns

mails = E-Mails an Sie
single-mails = Andere Nachrichten an Sie
state-queued = wartet auf den Versand
state-sent = verschickt
state-failed = konnte nicht zugestellt werden
state-suppressed = nicht verschickt: Sie möchten sie nicht
state-paused = nicht verschickt: Sie hatten pausiert
state-capped = nicht verschickt: Sie hatten da schon genug Mails von uns
state-skipped = nicht verschickt: Sie konnte nicht erstellt werden
state-in-doubt = vielleicht verschickt
viewed = angesehen
clicked = angeklickt: { $links }
nothing-recorded = nichts erfasst
not-kept = was Sie damit getan haben, ist nicht mehr gespeichert
left-by-it = damit abbestellt

hits = Ansichten und Klicks
hits-hint = Die neuesten. In der Datei zum Herunterladen sind alle, die gespeichert sind.
a-view = angesehen
a-click = angeklickt
class-person = ein Mensch
class-proxied = sehr wahrscheinlich ein Mensch
class-unknown = ein Mensch oder ein Programm
class-machine = ein Programm, nicht Sie

browsers = Browser
browsers-hint = In diesen Browsern wurden Links aus E-Mails an Sie angeklickt.
browser-number = Browser { $id }
browser-clicks = { $count ->
    [one] 1 Klick
   *[other] { $count } Klicks
}
cut = Nicht meiner: trennen
cut-browsers = Browser, die Sie getrennt haben
tags = Schlagwörter
changes = Änderungen an Ihren Daten
changed-from-to = { $before } → { $after }
changed-by-you = Sie
changed-by-import = eine eingelesene Liste
changed-by-us = wir
other-traces = Anderes
test-copies = Kopien von Testnachrichten mit Ihren Angaben
networks = Netze, die Ihre Nachricht innerhalb einer Minute abgerufen haben, eine Woche gespeichert
kept-removals = Was Sie gesagt haben, bevor Sie hier eingetragen wurden

disclosures = Wer Ihre Daten bekommen hat
disclosures-hint = Jedes Mal, wenn Daten von Ihnen unser System in einer Datei verlassen haben oder von einem Programm gelesen wurden: wann, an wen, warum und welche.
disclosed-us = wir selbst
shared-own-use = eigener Gebrauch
shared-law = Gesetz und Rechte
shared-service = jemand, der uns hilft
shared-sale = Verkauf des Unternehmens
shared-bureau = ein Bericht an eine Ausfuhrbehörde
shared-request = Ihr eigener Wunsch
shared-sharing = Weitergabe an andere
requests = Fragen Sie uns
requests-hint = Was Sie hier nicht selbst tun können, können Sie von uns verlangen. Wir antworten innerhalb eines Monats.
request-kind = Worum es geht
kind-access = Eine Kopie oder Erklärung meiner Daten
kind-correction = Eine Berichtigung
kind-erasure = Löschung
kind-objection = Ein Widerspruch
kind-question = Eine Frage
request-text = Ihre Worte
request-send = Absenden
said-asked = Ihre Anfrage ist angekommen. Wir antworten spätestens bis { $date }.
said-asked-often = Sie haben mehrere offene Anfragen. Bitte warten Sie zuerst die Antwort auf eine davon ab.
request-open = offen
request-answered = beantwortet
request-refused = abgelehnt
request-withdrawn = zurückgezogen
request-due = zu beantworten bis { $date }

mail-request-subject = Ihr Anliegen bei { $organisation }
mail-request-received =
    Guten Tag,

    { $organisation } hat Ihr Anliegen erhalten: { $kind }.

    Wir antworten spätestens bis { $date }. Wenn Sie um nichts gebeten haben, antworten Sie bitte auf diese Mail.
mail-request-extended =
    Guten Tag,

    Ihr Anliegen bei { $organisation } braucht länger: { $kind }.

    Warum: { $reason }

    Wir antworten spätestens bis { $date }.
mail-request-answered =
    Guten Tag,

    { $organisation } hat Ihr Anliegen beantwortet: { $kind }.

    { $outcome }
mail-request-refused =
    Guten Tag,

    { $organisation } kann nicht tun, worum Sie gebeten haben: { $kind }.

    { $outcome }

    Sie können sich bei der Behörde beschweren, die an Ihrem Wohnort über den Datenschutz wacht.

download = Herunterladen
download-hint = Alles auf dieser Seite und alle Ihre Ansichten und Klicks.
download-page = Seite zum Lesen
download-json = JSON, für Programme
download-csv = Tabellen (CSV)
download-rest = Es gibt mehr Ansichten und Klicks, als in eine Datei passen: der nächste Teil

erase = Meine Daten löschen
erase-hint = Das löscht Ihre Adresse, Ihr Profil, Ihre Abonnements, Zustimmungen, Nachrichten, Browser und was von Ihren Ansichten und Klicks erfasst ist. Es bleiben ein verschlüsselter Code Ihrer Adresse, damit keine Liste Sie zurückbringt, und Zahlen, die niemanden nennen. Es kann nicht rückgängig gemacht werden.
erase-button = Alles über mich löschen
erase-sure-title = Alles über Sie löschen?
erase-cancel = Nein, zurück
erased-title = Ihre Daten sind gelöscht
erased-text = { $organisation } speichert nichts mehr über Sie außer einem verschlüsselten Code Ihrer Adresse, an dem wir erkennen, dass wir Ihnen nicht mehr schreiben. Ansichten und Klicks verlieren in kurzer Zeit Ihren Namen; Kopien in Sicherungen gehen mit den Sicherungen.
erased-receipt = Beleg { $number }, { $date }
erased-mailed = Dieser Beleg wurde Ihnen auch zugeschickt.

leave-title = Diese E-Mails abbestellen?
leave-text = Sie bestellen für { $address } „{ $topic }“ von { $organisation } ab. Das gilt sofort, auch für E-Mails, die gerade verschickt werden.
leave-outage = Wir können Ihr Abonnement gerade nicht nachsehen, aber Sie können trotzdem abbestellen: Ihr Wunsch wird sofort gespeichert und gilt, bevor noch etwas verschickt wird.
leave-button = Abbestellen
leave-topic = „{ $topic }“ abbestellen
left-everything = Sie haben alles abbestellt
left-topic = Sie haben „{ $topic }“ abbestellt
left-everything-text = { $organisation } schickt keine E-Mails mehr an { $address }.
left-topic-text = { $address } bekommt „{ $topic }“ von { $organisation } nicht mehr.
return = Wieder abonnieren
return-topic = „{ $topic }“ wieder abonnieren
returned = Sie haben wieder abonniert
returned-text = { $address } bekommt „{ $topic }“ von { $organisation } wieder.
returned-blocked = Wir können Ihnen noch nichts schicken
returned-blocked-text = Sie haben „{ $topic }“ wieder abonniert, aber { $address } ist aus einem anderen Grund gesperrt: { $reason }. Bitte schreiben Sie an { $organisation }, um das zu ändern.
foot-recorded = Was von Ihnen erfasst wird
foot-privacy = Fragen zum Datenschutz:
foot-choose = Auswählen, was Sie bekommen
foot-cookie = Das Cookie dieses Browsers
foot-account = Link zu allen meinen Daten zuschicken
track-title = Nicht mehr erfassen?
track-title-off = Von Ihnen wird nichts erfasst
track-text = { $organisation } kann sehen, wann { $address } eine Nachricht öffnet und welchen Links darin gefolgt wird. Das hilft, Nachrichten zu schreiben, die man lesen möchte.
track-stop = Nichts mehr von mir erfassen
track-stop-text = Sie bekommen weiter dieselben Nachrichten. Neue haben kein Zählpixel, und ihre Links führen direkt dorthin, wo sie sagen.
track-off-text = { $organisation } erfasst weder, wann { $address } eine Nachricht öffnet, noch welchen Links darin gefolgt wird.
track-allow-text = Wenn Sie es erlauben, kann { $organisation } sehen, wann Sie eine Nachricht öffnen und welchen Links Sie folgen. Sie können das hier jederzeit zurücknehmen.
track-forget = Vergessen, was vorher bekannt war
track-none-text = { $organisation } erfasst bei niemandem, wann eine Nachricht geöffnet oder welchen Links darin gefolgt wird.
track-stopped = Gespeichert. Es gilt von jetzt an, auch für Nachrichten, die Sie schon haben.
track-forgotten = Gespeichert. Es gilt von jetzt an, auch für Nachrichten, die Sie schon haben. Was Sie bis jetzt geöffnet haben, gehört nicht mehr zu Ihnen: Unsere Zahlen bleiben und nennen niemanden.
track-allowed = Gespeichert. Danke.

choose-title = Was Sie von { $organisation } bekommen
choose-text = Das gilt für { $address }. Kreuzen Sie an, was Sie bekommen möchten; es wirkt sofort, auch für Mails, die gerade verschickt werden.
choose-language = Ihre Sprache
choose-language-none = wie es Ihr Browser sagt
choose-blocked = Mails an diese Adresse sind gesperrt, daher kann hier nichts dazukommen.
pause = Eine Pause
pause-hint = Während einer Pause bekommen Sie keine Neuigkeiten von uns. Nachrichten zu Ihren eigenen Daten und Antworten an Sie kommen weiterhin. Was wir in der Zeit verschicken, bekommen Sie nicht später.
pause-none = Keine Pause
pause-keep = Pause bis { $date }: so lassen
pause-end = Die Pause jetzt beenden
pause-week = Für eine Woche
pause-month = Für einen Monat
pause-quarter = Für drei Monate
pause-date = Bis zu diesem Tag
pause-wrong = Wählen Sie einen Tag nach heute, innerhalb eines Jahres.
sharing = Weitergabe Ihrer Daten an andere
sharing-hint = Das haben wir angekündigt. Wer nein sagt, dessen Daten geben wir nicht weiter; es wirkt sofort.
sharing-to = An { $recipient }, für: { $purpose }. Ab { $date }.
sharing-none = Zurzeit wird nichts weitergegeben.
sharing-allow = Meine Daten dürfen wie angekündigt weitergegeben werden

join-topics = Was möchten Sie bekommen?
join-choose = Bitte wählen
join-yes = Ja
join-no = Nein
join-optional = freiwillig
join-birth = Wann sind Sie geboren?
join-birth-month = Monat
join-birth-year = Jahr
join-button = Anmelden
join-trap = Lassen Sie dieses Feld leer
join-missing = Bitte füllen Sie das aus.
join-no-topic = Bitte wählen Sie mindestens eines.
join-wrong-value = Das passt hier nicht. Bitte sehen Sie sich das Beispiel an.
join-wrong-birth = Bitte wählen Sie einen Monat und schreiben Sie das Jahr mit vier Ziffern.
join-hint-number = Eine Zahl, etwa 12.5
join-hint-date = Jahr, Monat, Tag: 1990-12-31
join-hint-language = Eine Sprache, etwa de oder pt-BR
join-hint-zone = Eine Zeitzone, etwa Europe/Vienna
join-problems = Noch ist nichts abgeschickt. Bitte sehen Sie sich die markierten Felder an.
join-press-title = Noch ein Schritt
join-press-text = Bitte drücken Sie den Knopf, damit wir wissen, dass kein Programm das Formular ausgefüllt hat.
join-press-button = Ja, melden Sie mich an
join-sent-text = { $organisation } schickt Ihnen eine E-Mail mit einem Link. Angemeldet sind Sie, wenn Sie ihn benutzt haben, bis { $date }.
join-sent-hint = Nach einigen Minuten ist nichts da? Sehen Sie bei den unerwünschten E-Mails nach und prüfen Sie, wie die Adresse geschrieben ist. Höchstens eine dieser E-Mails geht in einer Stunde hinaus und drei an einem Tag.
join-limited-text = Aus Ihrem Netz kamen viele Formulare, oder es melden sich gerade viele Leute an. Bitte versuchen Sie es in { $minutes } Minuten wieder.
join-closed-title = Dieses Formular ist geschlossen
join-closed-text = { $organisation } nimmt über dieses Formular im Moment niemanden auf.
join-none-title = Dieses Formular gibt es nicht
join-none-text = Die Adresse ist vielleicht unvollständig, oder das Formular wurde entfernt.
join-child-title = Danke für Ihr Interesse
join-child-text = Wir können Sie nicht anmelden und haben nichts von dem behalten, was Sie eingegeben haben.
join-confirm-title = Anmelden?
join-confirm-text = { $organisation } wird an { $address } schreiben: { $topics }
join-confirm-button = Ja, melden Sie mich an
join-gone-text = Ein Link gilt einmal und nur einige Tage lang. Sie können das Formular noch einmal ausfüllen.
join-done-title = Sie sind angemeldet
join-done-text = { $organisation } schreibt von jetzt an an { $address }: { $topics }
join-blocked-text = E-Mails an { $address } sind gesperrt, deshalb wurde nichts geändert. Bitte schreiben Sie an { $organisation }, um das zu ändern.
mail-join-subject = Bitte bestätigen: E-Mails von { $organisation }
mail-join-text =
    Guten Tag,

    jemand, wahrscheinlich Sie selbst, möchte von { $organisation } bekommen: { $topics }

    Wenn das richtig ist, bestätigen Sie es hier:

    { $link }

    Der Link gilt einmal, bis { $date }. Wenn Sie nicht darum gebeten haben, ist nichts zu tun: Sie bekommen nichts.
waiting-joins = Formulare, die Sie nicht bestätigt haben
by-form = das Formular { $form }
reconfirm-title = Möchten Sie das weiterhin bekommen?
reconfirm-text = { $organisation } würde weiter an { $address } schreiben: { $topics }
reconfirm-button = Ja, bitte weiter
reconfirm-done-title = Vielen Dank
mail-reconfirm-subject = Möchten Sie { $topics } weiterhin bekommen?
mail-reconfirm-text =
    Guten Tag,

    Sie bekommen dies von { $organisation }: { $topics }

    Wenn Sie es weiterhin möchten, bestätigen Sie es bitte hier:

    { $link }

    Bis { $date }. Ohne Bestätigung schicken wir es Ihnen nicht mehr; mit dem Link können Sie das auch später zurücknehmen. Wenn Sie es nicht mehr möchten, müssen Sie nichts tun.
