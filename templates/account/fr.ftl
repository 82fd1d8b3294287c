language = Français
your-data = Vos données
nothing = Rien n’est conservé.
since = depuis le { $date }
more = Afficher plus
in-other-languages = Cette page dans d’autres langues

ask-intro = Consultez, corrigez, téléchargez ou supprimez ce que { $organisation } conserve à votre sujet. Aucun mot de passe n’est nécessaire : nous vous envoyons un lien.
ask-address = Votre adresse e-mail
ask-button = M’envoyer le lien
ask-wrong-address = Ce n’est pas une adresse e-mail. Elle devrait ressembler à nom@example.com.
sent-title = Consultez votre boîte de réception
sent-text = Si { $organisation } possède cette adresse, un message contenant un lien vient de lui être envoyé. Le lien est valable une seule fois, pendant 30 minutes.
sent-hint = Rien n’est arrivé après quelques minutes ? Regardez parmi les messages indésirables et vérifiez l’orthographe de l’adresse. Au plus trois de ces messages sont envoyés par heure et dix par jour, et aucun à une adresse dont les messages reviennent définitivement.
later-title = Veuillez réessayer plus tard
later-text = Aucun lien ne peut être envoyé en ce moment, à personne. Rien n’a été modifié.
limited-text = De nombreux liens ont été demandés depuis votre réseau. Veuillez réessayer dans { $minutes } minutes.
foreign-form = Cette demande ne provient pas d’une de nos pages, rien n’a donc été fait. Rouvrez la page et utilisez ses boutons.

open-title = Ouvrir votre compte ?
open-text = Ce navigateur affichera ce que { $organisation } conserve au sujet de { $address }.
open-button = Ouvrir mon compte
gone-title = Ce lien ne fonctionne plus
gone-text = Un lien est valable une seule fois, pendant 30 minutes. Vous pouvez en demander un autre.
change-title = Est-ce votre nouvelle adresse ?
change-text = { $organisation } écrira désormais à { $address }.
change-button = Oui, utiliser cette adresse
changed-title = Votre adresse est modifiée
changed-text = { $organisation } écrit désormais à { $address }.
unchanged-title = Votre adresse n’a pas été modifiée
unchanged-text = { $address } ne peut pas être utilisée : elle appartient à une autre inscription, ou il ne faut pas lui écrire. Rien n’a été modifié.

mail-subject = Vos données chez { $organisation }
mail-text =
    Bonjour,

    quelqu’un, sans doute vous, a demandé à voir ce que { $organisation } conserve à votre sujet. Ouvrez votre compte ici :

    { $link }

    Le lien est valable une seule fois, pendant 30 minutes. Quiconque le possède peut voir et supprimer vos données : ne le transmettez pas. Si vous ne l’avez pas demandé, vous n’avez rien à faire.
mail-change-subject = Confirmez votre adresse pour { $organisation }
mail-change-text =
    Bonjour,

    quelqu’un, sans doute vous, souhaite que { $organisation } écrive désormais à cette adresse. Si c’est exact, confirmez-le ici :

    { $link }

    Le lien est valable une seule fois, pendant 30 minutes. Si vous ne l’avez pas demandé, vous n’avez rien à faire.
mail-changed-subject = Votre adresse chez { $organisation } a été modifiée
mail-changed-text =
    Bonjour,

    { $organisation } écrit désormais à une autre adresse, comme demandé dans votre compte. Si ce n’était pas vous, répondez à ce message.
mail-erased-subject = Vos données chez { $organisation } sont supprimées
mail-erased-text =
    Bonjour,

    { $organisation } supprime ce qui est conservé à votre sujet, comme vous l’avez demandé.

    Reçu : { $number }
    Date : { $date }

    Il reste un code chiffré de votre adresse, grâce auquel nous savons ne plus vous écrire. Si quelqu’un saisit votre adresse dans un de nos formulaires, nous vous demandons seulement par e-mail si c’était vous.

account-intro = Voici ce que { $organisation } conserve à votre sujet.
account-ends = Ce navigateur est oublié après 30 minutes sans utilisation, et dans tous les cas après quatre heures.
leave-account = Fermer mon compte dans ce navigateur
closed-title = Fermé
closed-text = Votre compte est fermé dans ce navigateur.
said-saved = Enregistré.
said-nothing = Rien n’a été modifié.
said-confirm = Nous avons envoyé un lien à la nouvelle adresse. L’adresse change lorsque le lien est utilisé.
said-blocked = Enregistré. Aucun message ne vous est pourtant envoyé, car votre adresse est bloquée.
said-wrong = Rien n’a été modifié : { $problem }
said-wait = Rien n’a été modifié. Une demande précédente est encore en cours d’enregistrement ; réessayez dans une minute.
open-in = { $count ->
    [one] Votre compte est ouvert dans un navigateur.
   *[other] Votre compte est ouvert dans { $count } navigateurs.
}

profile = Profil
address = Adresse
known-since = Conservé depuis
changed-at = Dernière modification
correct = Corriger
correct-hint = Videz un champ pour en supprimer la valeur.
save = Enregistrer
new-address = Nouvelle adresse e-mail
new-address-hint = Nous envoyons un lien à la nouvelle adresse. Elle est valable dès que vous avez utilisé le lien.
change-address = Changer mon adresse

topics = Ce que vous recevez
topics-hint = Cochez ce que vous souhaitez recevoir. Le choix prend effet aussitôt.
subscribed = inscrit
unsubscribed = non inscrit
pending = non confirmé
unsubscribe-all = Me désinscrire de tout
blocked = Aucun message n’est envoyé à votre adresse depuis le { $date }. Raison : { $reason }
reason-unsubscribed = vous vous êtes désinscrit de tout
reason-hard-bounce = les messages reviennent définitivement
reason-complaint = un message a été signalé comme indésirable
reason-manual = une décision de notre part

tracking = Ce qui est enregistré quand vous lisez
tracked = Nous voyons quand vous ouvrez un de nos messages et quels liens vous y suivez.
untracked = Nous n’enregistrons ni l’ouverture d’un message ni les liens que vous suivez.
untracked-all = Nous n’enregistrons pour personne l’ouverture d’un message ni les liens suivis.
stop-tracking = Ne plus enregistrer
stop-and-forget = Ne plus enregistrer, et oublier ce qui est connu
allow-tracking = Autoriser
forgetting = Ce que vous avez fait jusqu’ici est en cours de suppression.

consents = Ce que vous avez accepté
granted = accepté
withdrawn = retiré
everything = tout
about-tracking = enregistrer ce que vous lisez
notice = information { $version }
basis-consent = votre consentement
basis-contract = un contrat avec vous
basis-customer = vous êtes client
basis-other = une autre raison
basis-not-stated = raison non indiquée
by-one-click = un clic dans votre messagerie
by-page = la page derrière le lien d’un message
by-account = ce compte
by-request = une demande qui nous a été faite
by-elsewhere = vous étiez parti ailleurs
by-hard-bounce = les messages reviennent définitivement
by-complaint = un message a été signalé comme indésirable
by-not-confirmed = non confirmé à temps
by-reconfirmation = confirmé de nouveau
by-operator = une décision de notre part

mails = Messages qui vous sont adressés
single-mails = Autres messages qui vous sont adressés
state-queued = en attente d’envoi
state-sent = envoyé
state-failed = n’a pas pu être remis
state-suppressed = non envoyé : vous n’en voulez pas
state-paused = non envoyé : vous aviez fait une pause
state-capped = non envoyé : vous aviez déjà reçu assez de messages de notre part
state-skipped = non envoyé : n’a pas pu être préparé
state-in-doubt = peut-être envoyé
viewed = vu
clicked = cliqué : { $links }
nothing-recorded = rien d’enregistré
not-kept = ce que vous en avez fait n’est plus conservé
left-by-it = désinscrit par lui

hits = Vues et clics
hits-hint = Les plus récents. Le téléchargement contient tous ceux qui sont conservés.
a-view = vu
a-click = cliqué
class-person = une personne
class-proxied = très probablement une personne
class-unknown = une personne ou un programme
class-machine = un programme, pas vous

browsers = Navigateurs
browsers-hint = Des liens de messages qui vous sont adressés ont été suivis dans ces navigateurs.
browser-number = Navigateur { $id }
browser-clicks = { $count ->
    [one] 1 clic
   *[other] { $count } clics
}
cut = Pas le mien : détacher
cut-browsers = Navigateurs que vous avez détachés
tags = Étiquettes
changes = Modifications de vos données
changed-from-to = { $before } → { $after }
changed-by-you = vous
changed-by-import = une liste importée
changed-by-us = nous
other-traces = Divers
test-copies = Copies de messages d’essai avec vos données
networks = Réseaux qui ont demandé votre message en moins d’une minute, conservés une semaine
kept-removals = Ce que vous avez dit avant d’être inscrit ici

disclosures = Qui a reçu vos données
disclosures-hint = Chaque fois que des données vous concernant ont quitté notre système dans un fichier, ou ont été lues par un programme : quand, à qui, pourquoi et lesquelles.
disclosed-us = nous-mêmes
shared-own-use = notre propre usage
shared-law = la loi et les droits
shared-service = quelqu’un qui nous aide
shared-sale = vente de l’entreprise
shared-bureau = un rapport à une autorité d’exportation
shared-request = votre propre demande
shared-sharing = partage avec d’autres
requests = Demandez-nous
requests-hint = Ce que vous ne pouvez pas faire ici vous-même, vous pouvez nous le demander. Nous répondons dans un délai d’un mois.
request-kind = De quoi il s’agit
kind-access = Une copie ou une explication de mes données
kind-correction = Une rectification
kind-erasure = L’effacement
kind-objection = Une opposition
kind-question = Une question
request-text = Vos mots
request-send = Envoyer
said-asked = Votre demande nous est parvenue. Nous répondons au plus tard le { $date }.
said-asked-often = Vous avez plusieurs demandes ouvertes. Veuillez d’abord attendre la réponse à l’une d’elles.
request-open = ouverte
request-answered = répondue
request-refused = refusée
request-withdrawn = retirée
request-due = réponse attendue avant le { $date }

mail-request-subject = Votre demande à { $organisation }
mail-request-received =
    Bonjour,

    { $organisation } a reçu votre demande : { $kind }.

    Nous répondons au plus tard le { $date }. Si vous n’avez rien demandé, veuillez répondre à ce message.
mail-request-extended =
    Bonjour,

    votre demande à { $organisation } prend plus de temps : { $kind }.

    Pourquoi : { $reason }

    Nous répondons au plus tard le { $date }.
mail-request-answered =
    Bonjour,

    { $organisation } a répondu à votre demande : { $kind }.

    { $outcome }
mail-request-refused =
    Bonjour,

    { $organisation } ne peut pas faire ce que vous avez demandé : { $kind }.

    { $outcome }

    Vous pouvez porter plainte auprès de l’autorité de protection des données de votre lieu de résidence.

download = Télécharger
download-hint = Tout ce qui est sur cette page, et toutes vos vues et tous vos clics.
download-page = Page à lire
download-json = JSON, pour les programmes
download-csv = Tableaux (CSV)
download-rest = Il y a plus de vues et de clics que n’en contient un fichier : la partie suivante

erase = Supprimer mes données
erase-hint = Ceci supprime votre adresse, votre profil, vos abonnements, vos accords, vos messages, vos navigateurs et ce qui est enregistré de vos vues et clics. Il reste un code chiffré de votre adresse, afin qu’aucune liste ne vous réinscrive, et des nombres qui ne désignent personne. C’est irréversible.
erase-button = Supprimer tout ce qui me concerne
erase-sure-title = Supprimer tout ce qui vous concerne ?
erase-cancel = Non, revenir
erased-title = Vos données sont supprimées
erased-text = { $organisation } ne conserve plus rien à votre sujet, sauf un code chiffré de votre adresse, grâce auquel nous savons ne plus vous écrire. Les vues et les clics perdent votre nom en peu de temps ; les copies dans les sauvegardes disparaissent avec elles.
erased-receipt = Reçu { $number }, { $date }
erased-mailed = Ce reçu vous a aussi été envoyé par e-mail.

leave-title = Ne plus recevoir ces e-mails ?
leave-text = Vous allez désinscrire { $address } de { $topic } de { $organisation }. Cela prend effet aussitôt, même pour les messages en cours d’envoi.
leave-outage = Nous ne pouvons pas consulter votre abonnement en ce moment, mais vous pouvez vous désinscrire : votre demande est enregistrée aussitôt et prend effet avant tout autre envoi.
leave-button = Me désinscrire
leave-topic = Me désinscrire de { $topic }
left-everything = Vous êtes désinscrit de tout
left-topic = Vous êtes désinscrit de { $topic }
left-everything-text = { $organisation } n’enverra plus de message à { $address }.
left-topic-text = { $address } ne recevra plus { $topic } de { $organisation }.
return = Me réinscrire
return-topic = Me réinscrire à { $topic }
returned = Vous êtes de nouveau inscrit
returned-text = { $address } reçoit de nouveau { $topic } de { $organisation }.
returned-blocked = Nous ne pouvons pas encore vous écrire
returned-blocked-text = Vous êtes de nouveau inscrit à { $topic }, mais { $address } est bloquée pour une autre raison : { $reason }. Écrivez à { $organisation } pour changer cela.
foot-recorded = Ce qui est enregistré de vous
foot-privacy = Questions sur la protection de vos données :
foot-choose = Choisir ce que vous recevez
foot-cookie = Le cookie de ce navigateur
foot-account = M’envoyer un lien vers toutes mes données
track-title = Ne plus me suivre ?
track-title-off = Vous n’êtes pas suivi
track-text = { $organisation } peut voir quand { $address } ouvre un de ses messages, et quels liens y sont suivis. Cela aide à écrire des messages que l’on a envie de lire.
track-stop = Ne plus me suivre
track-stop-text = Vous continuez à recevoir les mêmes messages. Les nouveaux n’ont pas de pixel, et leurs liens mènent directement là où ils l’indiquent.
track-off-text = { $organisation } n’enregistre ni l’ouverture d’un message par { $address }, ni les liens qui y sont suivis.
track-allow-text = Si vous l’autorisez, { $organisation } peut voir quand vous ouvrez un message et quels liens vous suivez. Vous pouvez revenir dessus ici à tout moment.
track-forget = Oublier ce qui était connu avant
track-none-text = { $organisation } n’enregistre pour personne l’ouverture d’un message ni les liens suivis.
track-stopped = Enregistré. Cela vaut dès maintenant, aussi pour les messages que vous avez déjà.
track-forgotten = Enregistré. Cela vaut dès maintenant, aussi pour les messages que vous avez déjà. Ce que vous avez ouvert et suivi jusqu’ici n’est plus lié à vous : nos totaux restent et ne désignent personne.
track-allowed = Enregistré. Merci.

choose-title = Ce que vous recevez de { $organisation }
choose-text = Ceci concerne { $address }. Cochez ce que vous voulez recevoir ; cela prend effet aussitôt, même pour les messages en cours d’envoi.
choose-language = Votre langue
choose-language-none = comme l’indique votre navigateur
choose-blocked = Les messages à cette adresse sont bloqués, rien ne peut donc être ajouté ici.
pause = Une pause
pause-hint = Pendant une pause, vous ne recevez aucune nouvelle de notre part. Les messages au sujet de vos données et les réponses à vos questions arrivent toujours. Ce que nous envoyons entre-temps ne vous est pas envoyé plus tard.
pause-none = Pas de pause
pause-keep = En pause jusqu’au { $date } : ne rien changer
pause-end = Terminer la pause maintenant
pause-week = Pour une semaine
pause-month = Pour un mois
pause-quarter = Pour trois mois
pause-date = Jusqu’à ce jour
pause-wrong = Choisissez un jour après aujourd’hui, dans l’année qui vient.
sharing = Transmission de vos données à d’autres
sharing-hint = Voici ce que nous avons annoncé. Les données de qui dit non ne sont pas transmises ; cela prend effet aussitôt.
sharing-to = À { $recipient }, pour : { $purpose }. À partir du { $date }.
sharing-none = Rien n’est transmis actuellement.
sharing-allow = Mes données peuvent être transmises comme annoncé

join-topics = Que souhaitez-vous recevoir ?
join-choose = Veuillez choisir
join-yes = Oui
join-no = Non
join-optional = facultatif
join-birth = Quand êtes-vous né(e) ?
join-birth-month = Mois
join-birth-year = Année
join-button = S’inscrire
join-trap = Laissez ce champ vide
join-missing = Veuillez remplir ce champ.
join-no-topic = Veuillez en choisir au moins un.
join-wrong-value = Cela ne convient pas ici. Veuillez regarder l’exemple.
join-wrong-birth = Veuillez choisir un mois et écrire l’année avec quatre chiffres.
join-hint-number = Un nombre, par exemple 12.5
join-hint-date = Année, mois, jour : 1990-12-31
join-hint-language = Une langue, par exemple de ou pt-BR
join-hint-zone = Un fuseau horaire, par exemple Europe/Vienna
join-problems = Rien n’est encore envoyé. Veuillez regarder les champs marqués.
join-press-title = Encore une étape
join-press-text = Veuillez appuyer sur le bouton, pour que nous sachions qu’aucun programme n’a rempli le formulaire.
join-press-button = Oui, inscrivez-moi
join-sent-text = { $organisation } vous envoie un message avec un lien. Vous serez inscrit quand vous l’aurez utilisé, jusqu’au { $date }.
join-sent-hint = Rien n’est arrivé après quelques minutes ? Regardez parmi les messages indésirables et vérifiez l’adresse. Au plus un de ces messages est envoyé par heure et trois par jour.
join-limited-text = Beaucoup de formulaires sont venus de votre réseau, ou beaucoup de gens s’inscrivent. Veuillez réessayer dans { $minutes } minutes.
join-closed-title = Ce formulaire est fermé
join-closed-text = { $organisation } n’inscrit personne par ce formulaire pour le moment.
join-none-title = Ce formulaire n’existe pas
join-none-text = L’adresse est peut-être incomplète, ou le formulaire a été retiré.
join-child-title = Merci de votre intérêt
join-child-text = Nous ne pouvons pas vous inscrire et nous n’avons rien gardé de ce que vous avez écrit.
join-confirm-title = S’inscrire ?
join-confirm-text = { $organisation } écrira à { $address } : { $topics }
join-confirm-button = Oui, inscrivez-moi
join-gone-text = Un lien ne sert qu’une fois, et quelques jours seulement. Vous pouvez remplir le formulaire à nouveau.
join-done-title = Vous êtes inscrit
join-done-text = { $organisation } écrit désormais à { $address } : { $topics }
join-blocked-text = Le courrier vers { $address } est bloqué, rien n’a donc été changé. Veuillez écrire à { $organisation } pour changer cela.
mail-join-subject = Veuillez confirmer : messages de { $organisation }
mail-join-text =
    Bonjour,

    quelqu’un, sans doute vous, souhaite recevoir de { $organisation } : { $topics }

    Si c’est exact, confirmez-le ici :

    { $link }

    Le lien sert une seule fois, jusqu’au { $date }. Si vous n’avez rien demandé, il n’y a rien à faire : vous ne recevrez rien.
waiting-joins = Formulaires que vous n’avez pas confirmés
by-form = le formulaire { $form }
reconfirm-title = Voulez-vous continuer à recevoir ceci ?
reconfirm-text = { $organisation } continuerait à écrire à { $address } : { $topics }
reconfirm-button = Oui, continuez
reconfirm-done-title = Merci
mail-reconfirm-subject = Voulez-vous toujours recevoir { $topics } ?
mail-reconfirm-text =
    Bonjour,

    vous recevez ceci de { $organisation } : { $topics }

    Si vous le voulez toujours, veuillez le confirmer ici :

    { $link }

    Jusqu’au { $date }. Sans confirmation, nous cessons de vous l’envoyer ; le lien vous permet de revenir là-dessus plus tard. Si vous n’en voulez plus, il n’y a rien à faire.
