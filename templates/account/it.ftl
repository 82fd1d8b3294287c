language = Italiano
your-data = I suoi dati
nothing = Non è conservato nulla.
since = dal { $date }
more = Mostra altro
in-other-languages = Questa pagina in altre lingue

ask-intro = Veda, corregga, scarichi o cancelli ciò che { $organisation } conserva su di lei. Non serve una password: le inviamo un link.
ask-address = Il suo indirizzo e-mail
ask-button = Inviami il link
ask-wrong-address = Questo non è un indirizzo e-mail. Dovrebbe essere simile a nome@example.com.
sent-title = Controlli la sua casella
sent-text = Se { $organisation } ha questo indirizzo, un messaggio con un link è in arrivo. Il link vale una sola volta, per 30 minuti.
sent-hint = Dopo alcuni minuti non è arrivato nulla? Guardi tra la posta indesiderata e controlli come è scritto l’indirizzo. Al massimo tre di questi messaggi partono ogni ora e dieci al giorno, e nessuno verso un indirizzo da cui la posta torna definitivamente.
later-title = Riprovi più tardi
later-text = In questo momento non si possono inviare link a nessuno. Nulla è stato modificato.
limited-text = Dalla sua rete sono stati richiesti molti link. Riprovi tra { $minutes } minuti.
foreign-form = La richiesta non proviene da una nostra pagina, quindi non è stato fatto nulla. Riapra la pagina e usi i suoi pulsanti.

open-title = Aprire il suo account?
open-text = In questo browser si apre ciò che { $organisation } conserva su { $address }.
open-button = Apri il mio account
gone-title = Questo link non funziona più
gone-text = Un link vale una sola volta, per 30 minuti. Può chiederne un altro.
change-title = È questo il suo nuovo indirizzo?
change-text = { $organisation } scriverà d’ora in poi a { $address }.
change-button = Sì, usa questo indirizzo
changed-title = Il suo indirizzo è cambiato
changed-text = { $organisation } scrive d’ora in poi a { $address }.
unchanged-title = Il suo indirizzo non è cambiato
unchanged-text = { $address } non può essere usato: appartiene a un’altra iscrizione, oppure non gli si deve scrivere. Nulla è stato modificato.

mail-subject = I suoi dati presso { $organisation }
mail-text =
    Buongiorno,

    qualcuno, probabilmente lei, ha chiesto di vedere ciò che { $organisation } conserva su di lei. Apra qui il suo account:

    { $link }

    Il link vale una sola volta, per 30 minuti. Chi lo possiede può vedere e cancellare i suoi dati: non lo trasmetta ad altri. Se non l’ha chiesto, non deve fare nulla.
mail-change-subject = Confermi il suo indirizzo per { $organisation }
mail-change-text =
    Buongiorno,

    qualcuno, probabilmente lei, vuole che { $organisation } scriva d’ora in poi a questo indirizzo. Se è così, lo confermi qui:

    { $link }

    Il link vale una sola volta, per 30 minuti. Se non l’ha chiesto, non deve fare nulla.
mail-changed-subject = Il suo indirizzo presso { $organisation } è cambiato
mail-changed-text =
    Buongiorno,

    { $organisation } scrive d’ora in poi a un altro indirizzo, come richiesto nel suo account. Se non è stato lei, risponda a questo messaggio.
mail-erased-subject = I suoi dati presso { $organisation } sono cancellati
mail-erased-text =
    Buongiorno,

    { $organisation } cancella ciò che conserva su di lei, come ha chiesto.

    Ricevuta: { $number }
    Data: { $date }

    Resta un codice cifrato del suo indirizzo, da cui sappiamo di non scriverle più. Solo se qualcuno inserisce il suo indirizzo in un nostro modulo le chiediamo per e-mail se è stato lei.

account-intro = Ecco ciò che { $organisation } conserva su di lei.
account-ends = Questo browser viene dimenticato dopo 30 minuti senza uso e comunque dopo quattro ore.
leave-account = Chiudi il mio account in questo browser
closed-title = Chiuso
closed-text = Il suo account è chiuso in questo browser.
said-saved = Salvato.
said-nothing = Nulla è stato modificato.
said-confirm = Abbiamo inviato un link al nuovo indirizzo. L’indirizzo cambia quando il link viene usato.
said-blocked = Salvato. Tuttavia non le viene inviata posta, perché il suo indirizzo è bloccato.
said-wrong = Nulla è stato modificato: { $problem }
said-wait = Nulla è stato modificato. Una sua richiesta precedente è ancora in corso di salvataggio; riprovi tra un minuto.
open-in = { $count ->
    [one] Il suo account è aperto in un browser.
   *[other] Il suo account è aperto in { $count } browser.
}

profile = Profilo
address = Indirizzo
known-since = Conservato dal
changed-at = Ultima modifica
correct = Correggi
correct-hint = Svuoti un campo per eliminarne il valore.
save = Salva
new-address = Nuovo indirizzo e-mail
new-address-hint = Inviamo un link al nuovo indirizzo. Vale quando avrà usato il link.
change-address = Cambia il mio indirizzo

topics = Che cosa riceve
topics-hint = Selezioni ciò che vuole ricevere. Ha effetto subito.
subscribed = iscritto
unsubscribed = non iscritto
pending = non confermato
unsubscribe-all = Annulla tutte le iscrizioni
blocked = Al suo indirizzo non si invia posta dal { $date }. Motivo: { $reason }
reason-unsubscribed = ha annullato tutte le iscrizioni
reason-hard-bounce = la posta torna definitivamente
reason-complaint = un messaggio è stato segnalato come indesiderato
reason-manual = una nostra decisione

tracking = Che cosa si registra quando legge
tracked = Vediamo quando apre un nostro messaggio e quali link segue.
untracked = Non registriamo né quando apre un messaggio né quali link segue.
untracked-all = Non registriamo per nessuno quando si apre un messaggio o quali link si seguono.
stop-tracking = Non registrare più
stop-and-forget = Non registrare più e dimentica ciò che è noto
allow-tracking = Consenti
forgetting = Ciò che ha fatto finora è in corso di rimozione.

consents = A che cosa ha acconsentito
granted = acconsentito
withdrawn = revocato
everything = tutto
about-tracking = registrare ciò che legge
notice = informativa { $version }
basis-consent = il suo consenso
basis-contract = un contratto con lei
basis-customer = lei è cliente
basis-other = un altro motivo
basis-not-stated = motivo non indicato
by-one-click = un clic nel suo programma di posta
by-page = la pagina dietro il link di un messaggio
by-account = questo account
by-request = una richiesta rivolta a noi
by-elsewhere = si era cancellato altrove
by-hard-bounce = la posta torna definitivamente
by-complaint = un messaggio è stato segnalato come indesiderato
by-not-confirmed = non confermato in tempo
by-reconfirmation = confermato di nuovo
by-operator = una nostra decisione

mails = Messaggi per lei
single-mails = Altri messaggi per lei
state-queued = in attesa di invio
state-sent = inviato
state-failed = non è stato possibile consegnarlo
state-suppressed = non inviato: lei non lo vuole
state-paused = non inviato: lei era in pausa
state-capped = non inviato: aveva già ricevuto abbastanza messaggi da noi
state-skipped = non inviato: non è stato possibile prepararlo
state-in-doubt = forse inviato
viewed = visto
clicked = clic su: { $links }
nothing-recorded = nulla di registrato
not-kept = ciò che ne ha fatto non è più conservato
left-by-it = iscrizione annullata da qui

hits = Visualizzazioni e clic
hits-hint = Le più recenti. Il file da scaricare contiene tutte quelle conservate.
a-view = visto
a-click = clic
class-person = una persona
class-proxied = molto probabilmente una persona
class-unknown = una persona o un programma
class-machine = un programma, non lei

browsers = Browser usati
browsers-hint = In questi browser sono stati seguiti link di messaggi per lei.
browser-number = Browser n. { $id }
browser-clicks = { $count ->
    [one] 1 clic
   *[other] { $count } clic
}
cut = Non è mio: scollega
cut-browsers = Browser che ha scollegato
tags = Etichette
changes = Modifiche ai suoi dati
changed-from-to = { $before } → { $after }
changed-by-you = lei
changed-by-import = un elenco importato
changed-by-us = noi
other-traces = Altro
test-copies = Copie di messaggi di prova con i suoi dati
networks = Reti che hanno chiesto il suo messaggio entro un minuto, conservate per una settimana
kept-removals = Ciò che ha detto prima di essere inserito qui

disclosures = Chi ha ricevuto i suoi dati
disclosures-hint = Ogni volta che dati suoi hanno lasciato il nostro sistema in un file o sono stati letti da un programma: quando, a chi, perché e quali.
disclosed-us = noi stessi
shared-own-use = uso proprio
shared-law = legge e diritti
shared-service = qualcuno che ci aiuta
shared-sale = vendita dell’azienda
shared-bureau = un rapporto a un’autorità per le esportazioni
shared-request = una sua richiesta
shared-sharing = condivisione con altri
requests = Ci chieda
requests-hint = Ciò che non può fare qui da sé, può chiederlo a noi. Rispondiamo entro un mese.
request-kind = Di che cosa si tratta
kind-access = Una copia o una spiegazione dei miei dati
kind-correction = Una rettifica
kind-erasure = La cancellazione
kind-objection = Un’opposizione
kind-question = Una domanda
request-text = Le sue parole
request-send = Invia
said-asked = La sua richiesta è arrivata. Rispondiamo al più tardi entro il { $date }.
said-asked-often = Ha diverse richieste aperte. Attenda prima la risposta a una di esse.
request-open = aperta
request-answered = evasa
request-refused = rifiutata
request-withdrawn = ritirata
request-due = da evadere entro il { $date }

mail-request-subject = La sua richiesta a { $organisation }
mail-request-received =
    Buongiorno,

    { $organisation } ha ricevuto la sua richiesta: { $kind }.

    Rispondiamo al più tardi entro il { $date }. Se non ha chiesto nulla, risponda a questo messaggio.
mail-request-extended =
    Buongiorno,

    la sua richiesta a { $organisation } richiede più tempo: { $kind }.

    Perché: { $reason }

    Rispondiamo al più tardi entro il { $date }.
mail-request-answered =
    Buongiorno,

    { $organisation } ha risposto alla sua richiesta: { $kind }.

    { $outcome }
mail-request-refused =
    Buongiorno,

    { $organisation } non può fare ciò che ha chiesto: { $kind }.

    { $outcome }

    Può presentare reclamo all’autorità per la protezione dei dati del luogo in cui vive.

download = Scarica
download-hint = Tutto ciò che è in questa pagina, e tutte le sue visualizzazioni e i suoi clic.
download-page = Pagina da leggere
download-json = JSON, per programmi
download-csv = Tabelle (CSV)
download-rest = Ci sono più visualizzazioni e clic di quanti ne entrino in un file: la parte successiva

erase = Cancella i miei dati
erase-hint = Questo cancella il suo indirizzo, profilo, iscrizioni, consensi, messaggi, browser e ciò che è registrato delle sue visualizzazioni e dei suoi clic. Restano un codice cifrato del suo indirizzo, perché nessun elenco la reinserisca, e numeri che non indicano nessuno. Non si può annullare.
erase-button = Cancella tutto su di me
erase-sure-title = Cancellare tutto su di lei?
erase-cancel = No, torna indietro
erased-title = I suoi dati sono cancellati
erased-text = { $organisation } non conserva più nulla su di lei, tranne un codice cifrato del suo indirizzo, da cui sappiamo di non scriverle più. Visualizzazioni e clic perdono il suo nome in breve tempo; le copie nei backup scompaiono con i backup.
erased-receipt = Ricevuta { $number }, { $date }
erased-mailed = Questa ricevuta le è stata inviata anche per e-mail.

leave-title = Non ricevere più queste e-mail?
leave-text = Sta per cancellare { $address } da { $topic } di { $organisation }. Ha effetto subito, anche per la posta in corso di invio.
leave-outage = Ora non possiamo consultare la sua iscrizione, ma può cancellarsi: la richiesta viene salvata subito e ha effetto prima di ogni altro invio.
leave-button = Cancella l’iscrizione
leave-topic = Cancella l’iscrizione a { $topic }
left-everything = Ha annullato tutte le iscrizioni
left-topic = Ha annullato l’iscrizione a { $topic }
left-everything-text = { $organisation } non invierà più posta a { $address }.
left-topic-text = { $address } non riceverà più { $topic } da { $organisation }.
return = Iscriviti di nuovo
return-topic = Iscriviti di nuovo a { $topic }
returned = È di nuovo iscritto
returned-text = { $address } riceve di nuovo { $topic } da { $organisation }.
returned-blocked = Non possiamo ancora scriverle
returned-blocked-text = È di nuovo iscritto a { $topic }, ma { $address } è bloccato per un altro motivo: { $reason }. Scriva a { $organisation } per cambiarlo.
foot-recorded = Che cosa si registra di lei
foot-privacy = Domande sulla privacy:
foot-choose = Scegliere cosa riceve
foot-cookie = Il cookie di questo browser
foot-account = Inviami un link a tutti i miei dati
track-title = Non tracciarmi più?
track-title-off = Lei non è tracciato
track-text = { $organisation } può vedere quando { $address } apre un suo messaggio e quali link vi sono seguiti. Aiuta a scrivere messaggi che si vogliono leggere.
track-stop = Non tracciarmi più
track-stop-text = Continua a ricevere gli stessi messaggi. I nuovi non hanno pixel e i loro link portano direttamente dove dicono.
track-off-text = { $organisation } non registra né quando { $address } apre un messaggio né quali link vi sono seguiti.
track-allow-text = Se lo consente, { $organisation } può vedere quando apre un messaggio e quali link segue. Può revocarlo qui in ogni momento.
track-forget = Dimentica ciò che era noto prima
track-none-text = { $organisation } non registra per nessuno quando si apre un messaggio o quali link si seguono.
track-stopped = Salvato. Vale da ora, anche per i messaggi che ha già.
track-forgotten = Salvato. Vale da ora, anche per i messaggi che ha già. Ciò che ha aperto e seguito finora non è più collegato a lei: i nostri totali restano e non indicano nessuno.
track-allowed = Salvato. Grazie.

choose-title = Cosa riceve da { $organisation }
choose-text = Vale per { $address }. Selezioni ciò che vuole ricevere; ha effetto subito, anche per i messaggi che si stanno inviando ora.
choose-language = La sua lingua
choose-language-none = come indica il suo browser
choose-blocked = I messaggi a questo indirizzo sono bloccati, quindi qui non si può aggiungere nulla.
pause = Una pausa
pause-hint = Durante una pausa non riceve nostre novità. I messaggi sui suoi dati e le risposte a lei arrivano comunque. Ciò che inviamo nel frattempo non le viene inviato in seguito.
pause-none = Nessuna pausa
pause-keep = In pausa fino al { $date }: lasciare così
pause-end = Terminare ora la pausa
pause-week = Per una settimana
pause-month = Per un mese
pause-quarter = Per tre mesi
pause-date = Fino a questo giorno
pause-wrong = Scelga un giorno dopo oggi, entro un anno.
sharing = Condivisione dei suoi dati con altri
sharing-hint = Ecco che cosa abbiamo annunciato. I dati di chi dice no non vengono condivisi; ha effetto subito.
sharing-to = A { $recipient }, per: { $purpose }. Dal { $date }.
sharing-none = Attualmente non si condivide nulla.
sharing-allow = I miei dati possono essere condivisi come annunciato

join-topics = Che cosa desidera ricevere?
join-choose = Scelga
join-yes = Sì
join-no = No
join-optional = facoltativo
join-birth = Quando è nato o nata?
join-birth-month = Mese
join-birth-year = Anno
join-button = Iscriviti
join-trap = Lasci vuoto questo campo
join-missing = Compili questo campo.
join-no-topic = Ne scelga almeno uno.
join-wrong-value = Questo non va bene qui. Guardi l’esempio.
join-wrong-birth = Scelga un mese e scriva l’anno con quattro cifre.
join-hint-number = Un numero, come 12.5
join-hint-date = Anno, mese, giorno: 1990-12-31
join-hint-language = Una lingua, come de o pt-BR
join-hint-zone = Un fuso orario, come Europe/Vienna
join-problems = Non è ancora stato inviato nulla. Guardi i campi segnati.
join-press-title = Ancora un passo
join-press-text = Prema il pulsante, così sappiamo che il modulo non è stato compilato da un programma.
join-press-button = Sì, iscrivetemi
join-sent-text = { $organisation } Le invia un messaggio con un link. Sarà iscritto quando lo avrà usato, entro il { $date }.
join-sent-hint = Dopo qualche minuto non è arrivato nulla? Guardi tra la posta indesiderata e controlli come è scritto l’indirizzo. Si invia al massimo uno di questi messaggi all’ora e tre al giorno.
join-limited-text = Dalla Sua rete sono arrivati molti moduli, o si stanno iscrivendo molte persone. Riprovi tra { $minutes } minuti.
join-closed-title = Questo modulo è chiuso
join-closed-text = { $organisation } al momento non iscrive nessuno con questo modulo.
join-none-title = Questo modulo non esiste
join-none-text = L’indirizzo è forse incompleto, o il modulo è stato tolto.
join-child-title = Grazie per l’interesse
join-child-text = Non possiamo iscriverLa, e non abbiamo conservato nulla di ciò che ha scritto.
join-confirm-title = Iscriversi?
join-confirm-text = { $organisation } scriverà a { $address }: { $topics }
join-confirm-button = Sì, iscrivetemi
join-gone-text = Un link vale una volta e solo per alcuni giorni. Può compilare di nuovo il modulo.
join-done-title = È iscritto
join-done-text = { $organisation } scrive d’ora in poi a { $address }: { $topics }
join-blocked-text = La posta verso { $address } è bloccata, quindi nulla è cambiato. Scriva a { $organisation } per cambiarlo.
mail-join-subject = Per favore confermi: posta da { $organisation }
mail-join-text =
    Buongiorno,

    qualcuno, probabilmente Lei, desidera ricevere da { $organisation }: { $topics }

    Se è giusto, lo confermi qui:

    { $link }

    Il link vale una volta, fino al { $date }. Se non l’ha chiesto, non c’è nulla da fare: non riceverà nulla.
waiting-joins = Moduli che non ha confermato
by-form = il modulo { $form }
reconfirm-title = Vuole continuare a riceverlo?
reconfirm-text = { $organisation } continuerebbe a scrivere a { $address }: { $topics }
reconfirm-button = Sì, continuate
reconfirm-done-title = Grazie
mail-reconfirm-subject = Vuole ancora ricevere { $topics }?
mail-reconfirm-text =
    Buongiorno,

    lei riceve questo da { $organisation }: { $topics }

    Se lo vuole ancora, lo confermi qui:

    { $link }

    Fino al { $date }. Senza conferma smettiamo di inviarglielo; con il link può cambiare idea anche dopo. Se non lo vuole più, non deve fare nulla.
