language = Nederlands
your-data = Uw gegevens
nothing = Er wordt niets bewaard.
since = sinds { $date }
more = Meer tonen
in-other-languages = Deze pagina in andere talen

ask-intro = Bekijk, verbeter, download of verwijder wat { $organisation } over u bewaart. U hebt geen wachtwoord nodig: wij mailen u een link.
ask-address = Uw e-mailadres
ask-button = Mail mij de link
ask-wrong-address = Dit is geen e-mailadres. Het hoort eruit te zien als naam@example.com.
sent-title = Kijk in uw postvak
sent-text = Als { $organisation } dit adres heeft, is er een mail met een link naar onderweg. De link werkt één keer, binnen 30 minuten.
sent-hint = Is er na enkele minuten niets? Kijk bij de ongewenste mail en controleer hoe het adres is geschreven. Er gaan hoogstens drie van deze mails per uur en tien per dag uit, en geen enkele naar een adres waarvan mail definitief terugkomt.
later-title = Probeer het later opnieuw
later-text = Op dit moment kan aan niemand een link worden gemaild. Er is niets gewijzigd.
limited-text = Vanuit uw netwerk zijn veel links gevraagd. Probeer het over { $minutes } minuten opnieuw.
foreign-form = Dit kwam niet van een van onze pagina’s, dus er is niets gedaan. Open de pagina opnieuw en gebruik de knoppen.

open-title = Uw account openen?
open-text = In deze browser wordt geopend wat { $organisation } over { $address } bewaart.
open-button = Mijn account openen
gone-title = Deze link werkt niet meer
gone-text = Een link werkt één keer, binnen 30 minuten. U kunt een nieuwe vragen.
change-title = Is dit uw nieuwe adres?
change-text = { $organisation } schrijft voortaan naar { $address }.
change-button = Ja, gebruik dit adres
changed-title = Uw adres is gewijzigd
changed-text = { $organisation } schrijft voortaan naar { $address }.
unchanged-title = Uw adres is niet gewijzigd
unchanged-text = { $address } kan niet worden gebruikt: het hoort bij een andere inschrijving, of er mag niet naar worden geschreven. Er is niets gewijzigd.

mail-subject = Uw gegevens bij { $organisation }
mail-text =
    Hallo,

    iemand, waarschijnlijk u, heeft gevraagd wat { $organisation } over u bewaart. Open hier uw account:

    { $link }

    De link werkt één keer, binnen 30 minuten. Wie hem heeft kan uw gegevens zien en verwijderen; geef hem niet door. Hebt u er niet om gevraagd, dan hoeft u niets te doen.
mail-change-subject = Bevestig uw adres voor { $organisation }
mail-change-text =
    Hallo,

    iemand, waarschijnlijk u, wil dat { $organisation } voortaan naar dit adres schrijft. Als dat klopt, bevestig het hier:

    { $link }

    De link werkt één keer, binnen 30 minuten. Hebt u er niet om gevraagd, dan hoeft u niets te doen.
mail-changed-subject = Uw adres bij { $organisation } is gewijzigd
mail-changed-text =
    Hallo,

    { $organisation } schrijft voortaan naar een ander adres, zoals in uw account is gevraagd. Was u dat niet, beantwoord dan deze mail.
mail-erased-subject = Uw gegevens bij { $organisation } zijn verwijderd
mail-erased-text =
    Hallo,

    { $organisation } verwijdert wat over u wordt bewaard, zoals u hebt gevraagd.

    Bewijs: { $number }
    Datum: { $date }

    Wat blijft is een versleutelde code van uw adres, waaraan wij zien dat wij u niet meer schrijven. Alleen als iemand uw adres op een van onze formulieren invult, vragen wij u per e-mail of u dat was.

account-intro = Dit bewaart { $organisation } over u.
account-ends = Deze browser wordt vergeten na 30 minuten zonder gebruik, en in elk geval na vier uur.
leave-account = Mijn account in deze browser sluiten
closed-title = Gesloten
closed-text = Uw account is gesloten in deze browser.
said-saved = Opgeslagen.
said-nothing = Er is niets gewijzigd.
said-confirm = Wij hebben een link naar het nieuwe adres gemaild. Het adres verandert wanneer de link wordt gebruikt.
said-blocked = Opgeslagen. U krijgt toch geen mail, want uw adres is geblokkeerd.
said-wrong = Er is niets gewijzigd: { $problem }
said-wait = Er is niets gewijzigd. Iets wat u eerder zei wordt nog opgeslagen; probeer het over een minuut opnieuw.
open-in = { $count ->
    [one] Uw account is in één browser open.
   *[other] Uw account is in { $count } browsers open.
}

profile = Profiel
address = Adres
known-since = Bewaard sinds
changed-at = Laatst gewijzigd
correct = Verbeteren
correct-hint = Maak een veld leeg om de waarde te verwijderen.
save = Opslaan
new-address = Nieuw e-mailadres
new-address-hint = Wij mailen een link naar het nieuwe adres. Het geldt zodra u de link hebt gebruikt.
change-address = Mijn adres wijzigen

topics = Wat u krijgt
topics-hint = Vink aan wat u wilt krijgen. Het geldt meteen.
subscribed = ingeschreven
unsubscribed = niet ingeschreven
pending = niet bevestigd
unsubscribe-all = Alles afmelden
blocked = Naar uw adres gaat sinds { $date } geen mail. Reden: { $reason }
reason-unsubscribed = u hebt alles afgemeld
reason-hard-bounce = mail kwam definitief terug
reason-complaint = een bericht is als ongewenst gemeld
reason-manual = een beslissing van ons

tracking = Wat wordt vastgelegd als u leest
tracked = Wij zien wanneer u een bericht van ons opent en welke links u daarin volgt.
untracked = Wij leggen niet vast wanneer u een bericht opent of welke links u volgt.
untracked-all = Wij leggen van niemand vast wanneer een bericht wordt geopend of welke links worden gevolgd.
stop-tracking = Niet meer vastleggen
stop-and-forget = Niet meer vastleggen, en vergeten wat bekend is
allow-tracking = Toestaan
forgetting = Wat u tot nu toe deed wordt verwijderd.

consents = Waarmee u hebt ingestemd
granted = ingestemd
withdrawn = ingetrokken
everything = alles
about-tracking = vastleggen wat u leest
notice = kennisgeving { $version }
basis-consent = uw toestemming
basis-contract = een overeenkomst met u
basis-customer = u bent klant
basis-other = een andere reden
basis-not-stated = reden niet vermeld
by-one-click = één klik in uw mailprogramma
by-page = de pagina achter de link in een bericht
by-account = dit account
by-request = een verzoek aan ons
by-elsewhere = u had zich elders afgemeld
by-hard-bounce = mail kwam definitief terug
by-complaint = een bericht is als ongewenst gemeld
by-not-confirmed = niet op tijd bevestigd
by-reconfirmation = opnieuw bevestigd
by-operator = een beslissing van ons

mails = Mails aan u
single-mails = Andere berichten aan u
state-queued = wacht op verzending
state-sent = verzonden
state-failed = kon niet worden bezorgd
state-suppressed = niet verzonden: u wilt het niet
state-paused = niet verzonden: u had een pauze
state-capped = niet verzonden: u had toen al genoeg mail van ons gehad
state-skipped = niet verzonden: kon niet worden gemaakt
state-in-doubt = misschien verzonden
viewed = bekeken
clicked = geklikt: { $links }
nothing-recorded = niets vastgelegd
not-kept = wat u ermee deed, wordt niet meer bewaard
left-by-it = daarmee afgemeld

hits = Weergaven en klikken
hits-hint = De laatste. In de download staan alle die worden bewaard.
a-view = bekeken
a-click = geklikt
class-person = een mens
class-proxied = zeer waarschijnlijk een mens
class-unknown = een mens of een programma
class-machine = een programma, niet u

browsers = Browsers van u
browsers-hint = In deze browsers is op links in mails aan u geklikt.
browser-number = Browser nr. { $id }
browser-clicks = { $count ->
    [one] 1 klik
   *[other] { $count } klikken
}
cut = Niet van mij: loskoppelen
cut-browsers = Browsers die u hebt losgekoppeld
tags = Labels
changes = Wijzigingen in uw gegevens
changed-from-to = { $before } → { $after }
changed-by-you = u
changed-by-import = een ingelezen lijst
changed-by-us = wij
other-traces = Overig
test-copies = Kopieën van testberichten met uw gegevens
networks = Netwerken die uw bericht binnen een minuut opvroegen, een week bewaard
kept-removals = Wat u zei voordat u hier werd ingeschreven

disclosures = Wie uw gegevens heeft gekregen
disclosures-hint = Elke keer dat gegevens van u ons systeem in een bestand verlieten of door een programma werden gelezen: wanneer, aan wie, waarom en welke.
disclosed-us = wijzelf
shared-own-use = eigen gebruik
shared-law = wet en rechten
shared-service = iemand die ons helpt
shared-sale = verkoop van het bedrijf
shared-bureau = een rapport aan een exportautoriteit
shared-request = uw eigen verzoek
shared-sharing = delen met anderen
requests = Vraag het ons
requests-hint = Wat u hier niet zelf kunt doen, kunt u ons vragen. Wij antwoorden binnen een maand.
request-kind = Waar het over gaat
kind-access = Een kopie of uitleg van mijn gegevens
kind-correction = Een correctie
kind-erasure = Verwijdering
kind-objection = Een bezwaar
kind-question = Een vraag
request-text = Uw woorden
request-send = Versturen
said-asked = Uw verzoek is aangekomen. Wij antwoorden uiterlijk op { $date }.
said-asked-often = U hebt meerdere open verzoeken. Wacht eerst op een antwoord op een daarvan.
request-open = in behandeling
request-answered = beantwoord
request-refused = afgewezen
request-withdrawn = ingetrokken
request-due = te beantwoorden voor { $date }

mail-request-subject = Uw verzoek aan { $organisation }
mail-request-received =
    Hallo,

    { $organisation } heeft uw verzoek ontvangen: { $kind }.

    Wij antwoorden uiterlijk op { $date }. Als u nergens om hebt gevraagd, beantwoord dan deze mail.
mail-request-extended =
    Hallo,

    uw verzoek aan { $organisation } duurt langer: { $kind }.

    Waarom: { $reason }

    Wij antwoorden uiterlijk op { $date }.
mail-request-answered =
    Hallo,

    { $organisation } heeft uw verzoek beantwoord: { $kind }.

    { $outcome }
mail-request-refused =
    Hallo,

    { $organisation } kan niet doen wat u hebt gevraagd: { $kind }.

    { $outcome }

    U kunt een klacht indienen bij de toezichthouder voor privacy in uw woonplaats.

download = Downloaden
download-hint = Alles op deze pagina, en al uw weergaven en klikken.
download-page = Pagina om te lezen
download-json = JSON, voor programma’s
download-csv = Tabellen (CSV)
download-rest = Er zijn meer weergaven en klikken dan in één bestand passen: het volgende deel

erase = Mijn gegevens verwijderen
erase-hint = Dit verwijdert uw adres, profiel, inschrijvingen, toestemmingen, berichten, browsers en wat van uw weergaven en klikken is vastgelegd. Wat blijft zijn een versleutelde code van uw adres, zodat geen lijst u terugbrengt, en getallen die niemand noemen. Het kan niet ongedaan worden gemaakt.
erase-button = Alles over mij verwijderen
erase-sure-title = Alles over u verwijderen?
erase-cancel = Nee, terug
erased-title = Uw gegevens zijn verwijderd
erased-text = { $organisation } bewaart niets meer over u, behalve een versleutelde code van uw adres, waaraan wij zien dat wij u niet meer schrijven. Weergaven en klikken verliezen binnen korte tijd uw naam; kopieën in back-ups verdwijnen met de back-ups.
erased-receipt = Bewijs { $number }, { $date }
erased-mailed = Dit bewijs is u ook gemaild.

leave-title = Deze e-mails stoppen?
leave-text = U staat op het punt { $address } af te melden voor { $topic } van { $organisation }. Dit geldt meteen, ook voor mail die nu wordt verzonden.
leave-outage = Wij kunnen uw inschrijving nu niet opzoeken, maar u kunt zich toch afmelden: uw verzoek wordt meteen opgeslagen en geldt voordat er nog iets wordt verzonden.
leave-button = Afmelden
leave-topic = Afmelden voor { $topic }
left-everything = U bent voor alles afgemeld
left-topic = U bent afgemeld voor { $topic }
left-everything-text = { $organisation } stuurt geen mail meer naar { $address }.
left-topic-text = { $address } krijgt geen { $topic } van { $organisation } meer.
return = Opnieuw inschrijven
return-topic = Opnieuw inschrijven voor { $topic }
returned = U bent weer ingeschreven
returned-text = { $address } krijgt weer { $topic } van { $organisation }.
returned-blocked = Wij kunnen u nog niets sturen
returned-blocked-text = U bent weer ingeschreven voor { $topic }, maar mail naar { $address } is om een andere reden geblokkeerd: { $reason }. Schrijf { $organisation } om dat te wijzigen.
foot-recorded = Wat van u wordt vastgelegd
foot-privacy = Vragen over privacy:
foot-choose = Kiezen wat u ontvangt
foot-cookie = De cookie van deze browser
foot-account = Mail mij een link naar al mijn gegevens
track-title = Mij niet meer volgen?
track-title-off = U wordt niet gevolgd
track-text = { $organisation } kan zien wanneer { $address } een bericht opent en welke links daarin worden gevolgd. Dat helpt om berichten te schrijven die mensen willen lezen.
track-stop = Mij niet meer volgen
track-stop-text = U blijft dezelfde berichten krijgen. Nieuwe hebben geen pixel, en hun links leiden direct naar waar ze zeggen.
track-off-text = { $organisation } legt niet vast wanneer { $address } een bericht opent, noch welke links daarin worden gevolgd.
track-allow-text = Als u het toestaat, kan { $organisation } zien wanneer u een bericht opent en welke links u volgt. U kunt dat hier altijd intrekken.
track-forget = Vergeten wat eerder bekend was
track-none-text = { $organisation } legt van niemand vast wanneer een bericht wordt geopend of welke links daarin worden gevolgd.
track-stopped = Opgeslagen. Het geldt vanaf nu, ook voor berichten die u al hebt.
track-forgotten = Opgeslagen. Het geldt vanaf nu, ook voor berichten die u al hebt. Wat u tot nu toe opende en volgde is niet meer van u: onze aantallen blijven en noemen niemand.
track-allowed = Opgeslagen. Dank u.

choose-title = Wat u van { $organisation } ontvangt
choose-text = Dit geldt voor { $address }. Vink aan wat u wilt ontvangen; het werkt meteen, ook voor mail die nu wordt verzonden.
choose-language = Uw taal
choose-language-none = zoals uw browser zegt
choose-blocked = Mail naar dit adres is geblokkeerd, dus hier kan niets bij komen.
pause = Een pauze
pause-hint = Tijdens een pauze ontvangt u geen nieuws van ons. Berichten over uw eigen gegevens en antwoorden aan u komen nog wel. Wat wij intussen verzenden, krijgt u later niet alsnog.
pause-none = Geen pauze
pause-keep = Pauze tot { $date }: zo laten
pause-end = De pauze nu beëindigen
pause-week = Voor een week
pause-month = Voor een maand
pause-quarter = Voor drie maanden
pause-date = Tot deze dag
pause-wrong = Kies een dag na vandaag, binnen een jaar.
sharing = Uw gegevens delen met anderen
sharing-hint = Dit hebben wij aangekondigd. De gegevens van wie nee zegt, worden niet gedeeld; het werkt meteen.
sharing-to = Aan { $recipient }, voor: { $purpose }. Vanaf { $date }.
sharing-none = Op dit moment wordt niets gedeeld.
sharing-allow = Mijn gegevens mogen worden gedeeld zoals aangekondigd

join-topics = Wat wilt u ontvangen?
join-choose = Kies
join-yes = Ja
join-no = Nee
join-optional = niet verplicht
join-birth = Wanneer bent u geboren?
join-birth-month = Maand
join-birth-year = Jaar
join-button = Aanmelden
join-trap = Laat dit veld leeg
join-missing = Vul dit in.
join-no-topic = Kies er ten minste één.
join-wrong-value = Dit past hier niet. Kijk naar het voorbeeld.
join-wrong-birth = Kies een maand en schrijf het jaar met vier cijfers.
join-hint-number = Een getal, zoals 12.5
join-hint-date = Jaar, maand, dag: 1990-12-31
join-hint-language = Een taal, zoals de of pt-BR
join-hint-zone = Een tijdzone, zoals Europe/Vienna
join-problems = Er is nog niets verstuurd. Kijk naar de gemarkeerde velden.
join-press-title = Nog één stap
join-press-text = Druk op de knop, zodat we weten dat geen programma het formulier heeft ingevuld.
join-press-button = Ja, meld mij aan
join-sent-text = { $organisation } stuurt u een mail met een link. U bent aangemeld als u die hebt gebruikt, tot { $date }.
join-sent-hint = Is er na enkele minuten niets gekomen? Kijk bij de ongewenste mail en controleer hoe het adres is geschreven. Er gaat hoogstens één van deze mails per uur uit en drie per dag.
join-limited-text = Er kwamen veel formulieren van uw netwerk, of veel mensen melden zich aan. Probeer het over { $minutes } minuten opnieuw.
join-closed-title = Dit formulier is gesloten
join-closed-text = { $organisation } neemt op dit moment niemand aan met dit formulier.
join-none-title = Dit formulier bestaat niet
join-none-text = Het adres is misschien onvolledig, of het formulier is verwijderd.
join-child-title = Dank u voor uw belangstelling
join-child-text = We kunnen u niet aanmelden en hebben niets bewaard van wat u hebt ingevuld.
join-confirm-title = Aanmelden?
join-confirm-text = { $organisation } schrijft dan aan { $address }: { $topics }
join-confirm-button = Ja, meld mij aan
join-gone-text = Een link werkt één keer, en maar enkele dagen. U kunt het formulier opnieuw invullen.
join-done-title = U bent aangemeld
join-done-text = { $organisation } schrijft voortaan aan { $address }: { $topics }
join-blocked-text = Mail aan { $address } is geblokkeerd, dus er is niets veranderd. Schrijf aan { $organisation } om dat te veranderen.
mail-join-subject = Bevestig alstublieft: mail van { $organisation }
mail-join-text =
    Hallo,

    iemand, waarschijnlijk uzelf, wil van { $organisation } ontvangen: { $topics }

    Als dat klopt, bevestig het dan hier:

    { $link }

    De link werkt één keer, tot { $date }. Als u er niet om hebt gevraagd, hoeft u niets te doen: u ontvangt niets.
waiting-joins = Formulieren die u niet hebt bevestigd
by-form = het formulier { $form }
reconfirm-title = Wilt u dit blijven ontvangen?
reconfirm-text = { $organisation } zou blijven schrijven aan { $address }: { $topics }
reconfirm-button = Ja, ga door
reconfirm-done-title = Dank u
mail-reconfirm-subject = Wilt u { $topics } nog ontvangen?
mail-reconfirm-text =
    Hallo,

    u ontvangt dit van { $organisation }: { $topics }

    Als u het nog wilt, bevestig het dan hier:

    { $link }

    Tot { $date }. Zonder bevestiging sturen wij het u niet meer; met de link kunt u dat ook later terugdraaien. Als u het niet meer wilt, hoeft u niets te doen.
