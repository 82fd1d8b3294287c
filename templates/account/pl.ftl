language = Polski
your-data = Twoje dane
nothing = Nic nie jest przechowywane.
since = od { $date }
more = Pokaż więcej
in-other-languages = Ta strona w innych językach

ask-intro = Zobacz, popraw, pobierz lub usuń to, co { $organisation } przechowuje o Tobie. Hasło nie jest potrzebne: wyślemy Ci link.
ask-address = Twój adres e-mail
ask-button = Wyślij mi link
ask-wrong-address = To nie jest adres e-mail. Powinien wyglądać jak nazwa@example.com.
sent-title = Zajrzyj do swojej skrzynki
sent-text = Jeśli { $organisation } ma ten adres, wiadomość z linkiem jest już w drodze. Link działa jeden raz, przez 30 minut.
sent-hint = Po kilku minutach nic nie przyszło? Sprawdź niechciane wiadomości i pisownię adresu. Wysyłamy najwyżej trzy takie wiadomości na godzinę i dziesięć na dobę, a żadnej na adres, z którego poczta trwale wraca.
later-title = Spróbuj ponownie później
later-text = Teraz nie można wysłać linku nikomu. Nic nie zostało zmienione.
limited-text = Z Twojej sieci poproszono o wiele linków. Spróbuj ponownie za { $minutes } min.
foreign-form = To nie zostało wysłane z naszej strony, więc nic nie zrobiono. Otwórz stronę ponownie i użyj jej przycisków.

open-title = Otworzyć Twoje konto?
open-text = W tej przeglądarce otworzy się to, co { $organisation } przechowuje o { $address }.
open-button = Otwórz moje konto
gone-title = Ten link już nie działa
gone-text = Link działa jeden raz, przez 30 minut. Możesz poprosić o nowy.
change-title = Czy to Twój nowy adres?
change-text = { $organisation } będzie odtąd pisać na { $address }.
change-button = Tak, użyj tego adresu
changed-title = Twój adres został zmieniony
changed-text = { $organisation } pisze odtąd na { $address }.
unchanged-title = Twój adres nie został zmieniony
unchanged-text = Nie można użyć { $address }: należy do innego wpisu albo nie wolno na niego pisać. Nic nie zostało zmienione.

mail-subject = Twoje dane w { $organisation }
mail-text =
    Dzień dobry,

    ktoś, zapewne Ty, chce zobaczyć, co { $organisation } przechowuje o Tobie. Otwórz swoje konto tutaj:

    { $link }

    Link działa jeden raz, przez 30 minut. Kto go ma, może zobaczyć i usunąć Twoje dane, więc go nie przekazuj. Jeśli to nie Twoja prośba, nie musisz nic robić.
mail-change-subject = Potwierdź swój adres dla { $organisation }
mail-change-text =
    Dzień dobry,

    ktoś, zapewne Ty, chce, aby { $organisation } pisało odtąd na ten adres. Jeśli to prawda, potwierdź to tutaj:

    { $link }

    Link działa jeden raz, przez 30 minut. Jeśli to nie Twoja prośba, nie musisz nic robić.
mail-changed-subject = Twój adres w { $organisation } został zmieniony
mail-changed-text =
    Dzień dobry,

    { $organisation } pisze odtąd na inny adres, zgodnie z prośbą z Twojego konta. Jeśli to nie Ty, odpowiedz na tę wiadomość.
mail-erased-subject = Twoje dane w { $organisation } zostały usunięte
mail-erased-text =
    Dzień dobry,

    { $organisation } usuwa to, co przechowuje o Tobie, zgodnie z Twoją prośbą.

    Potwierdzenie: { $number }
    Data: { $date }

    Zostaje zaszyfrowany kod Twojego adresu, po którym wiemy, że nie mamy więcej pisać. Tylko jeśli ktoś wpisze Twój adres w jednym z naszych formularzy, zapytamy Cię e-mailem, czy to Ty.

account-intro = Oto, co { $organisation } przechowuje o Tobie.
account-ends = Ta przeglądarka zostanie zapomniana po 30 minutach bez użycia, a w każdym razie po czterech godzinach.
leave-account = Zamknij moje konto w tej przeglądarce
closed-title = Zamknięte
closed-text = Twoje konto jest w tej przeglądarce zamknięte.
said-saved = Zapisano.
said-nothing = Nic nie zostało zmienione.
said-confirm = Wysłaliśmy link na nowy adres. Adres zmieni się po użyciu linku.
said-blocked = Zapisano. Mimo to nie dostaniesz poczty, bo Twój adres jest zablokowany.
said-wrong = Nic nie zostało zmienione: { $problem }
said-wait = Nic nie zostało zmienione. Wcześniejsza prośba jest jeszcze zapisywana; spróbuj ponownie za minutę.
open-in = { $count ->
    [one] Twoje konto jest otwarte w jednej przeglądarce.
   *[other] Twoje konto jest otwarte w { $count } przeglądarkach.
}

profile = Profil
address = Adres
known-since = Przechowywane od
changed-at = Ostatnia zmiana
correct = Popraw
correct-hint = Opróżnij pole, aby usunąć jego wartość.
save = Zapisz
new-address = Nowy adres e-mail
new-address-hint = Wyślemy link na nowy adres. Będzie obowiązywać po użyciu linku.
change-address = Zmień mój adres

topics = Co otrzymujesz
topics-hint = Zaznacz, co chcesz otrzymywać. Działa od razu.
subscribed = subskrybowane
unsubscribed = niesubskrybowane
pending = niepotwierdzone
unsubscribe-all = Wypisz mnie ze wszystkiego
blocked = Na Twój adres nie wysyłamy poczty od { $date }. Powód: { $reason }
reason-unsubscribed = wypisano ze wszystkiego
reason-hard-bounce = poczta trwale wraca
reason-complaint = wiadomość zgłoszono jako niechcianą
reason-manual = nasza decyzja

tracking = Co jest rejestrowane, gdy czytasz
tracked = Widzimy, kiedy otwierasz naszą wiadomość i które linki w niej otwierasz.
untracked = Nie rejestrujemy ani otwarcia wiadomości, ani otwieranych linków.
untracked-all = U nikogo nie rejestrujemy otwarcia wiadomości ani otwieranych linków.
stop-tracking = Przestań rejestrować
stop-and-forget = Przestań i zapomnij to, co wiadomo
allow-tracking = Zezwól
forgetting = To, co działo się dotąd, jest właśnie usuwane.

consents = Na co wyrażono zgodę
granted = zgoda
withdrawn = wycofano
everything = wszystko
about-tracking = rejestrowanie tego, co czytasz
notice = informacja { $version }
basis-consent = zgoda
basis-contract = umowa
basis-customer = relacja z klientem
basis-other = inny powód
basis-not-stated = nie podano powodu
by-one-click = jedno kliknięcie w programie pocztowym
by-page = strona pod linkiem w wiadomości
by-account = to konto
by-request = prośba do nas
by-elsewhere = wypisano wcześniej gdzie indziej
by-hard-bounce = poczta trwale wraca
by-complaint = wiadomość zgłoszono jako niechcianą
by-not-confirmed = nie potwierdzono na czas
by-reconfirmation = potwierdzono ponownie
by-operator = nasza decyzja

mails = Wiadomości do Ciebie
single-mails = Inne wiadomości do Ciebie
state-queued = czeka na wysłanie
state-sent = wysłano
state-failed = nie udało się dostarczyć
state-suppressed = nie wysłano: nie chcesz tego
state-paused = nie wysłano: trwała twoja przerwa
state-capped = nie wysłano: dostałeś już od nas dość wiadomości
state-skipped = nie wysłano: nie udało się przygotować
state-in-doubt = być może wysłano
viewed = wyświetlono
clicked = kliknięto: { $links }
nothing-recorded = nic nie zarejestrowano
not-kept = co z nią zrobiono, nie jest już przechowywane
left-by-it = wypisano przez nią

hits = Wyświetlenia i kliknięcia
hits-hint = Najnowsze. Plik do pobrania zawiera wszystkie przechowywane.
a-view = wyświetlono
a-click = kliknięto
class-person = człowiek
class-proxied = najpewniej człowiek
class-unknown = człowiek lub program
class-machine = program, nie Ty

browsers = Przeglądarki
browsers-hint = W tych przeglądarkach kliknięto linki z wiadomości do Ciebie.
browser-number = Przeglądarka { $id }
browser-clicks = { $count ->
    [one] 1 kliknięcie
    [few] { $count } kliknięcia
   *[other] { $count } kliknięć
}
cut = Nie moja: odłącz
cut-browsers = Odłączone przeglądarki
tags = Etykiety
changes = Zmiany danych
changed-from-to = { $before } → { $after }
changed-by-you = Ty
changed-by-import = wczytana lista
changed-by-us = my
other-traces = Inne
test-copies = Kopie wiadomości próbnych z Twoimi danymi
networks = Sieci, które pobrały Twoją wiadomość w ciągu minuty, przechowywane przez tydzień
kept-removals = Co powiedziano, zanim powstał ten wpis

disclosures = Kto otrzymał Twoje dane
disclosures-hint = Za każdym razem, gdy Twoje dane opuściły nasz system w pliku lub zostały odczytane przez program: kiedy, komu, dlaczego i jakie.
disclosed-us = my sami
shared-own-use = użytek własny
shared-law = prawo i roszczenia
shared-service = ktoś, kto nam pomaga
shared-sale = sprzedaż przedsiębiorstwa
shared-bureau = raport dla urzędu eksportowego
shared-request = Twoja własna prośba
shared-sharing = udostępnianie innym
requests = Zapytaj nas
requests-hint = O to, czego nie możesz zrobić tu samodzielnie, możesz poprosić nas. Odpowiadamy w ciągu miesiąca.
request-kind = Czego dotyczy
kind-access = Kopia lub wyjaśnienie moich danych
kind-correction = Sprostowanie
kind-erasure = Usunięcie
kind-objection = Sprzeciw
kind-question = Pytanie
request-text = Twoje słowa
request-send = Wyślij
said-asked = Twoja prośba do nas dotarła. Odpowiemy najpóźniej do { $date }.
said-asked-often = Masz kilka otwartych próśb. Poczekaj najpierw na odpowiedź na jedną z nich.
request-open = otwarta
request-answered = z odpowiedzią
request-refused = odrzucona
request-withdrawn = wycofana
request-due = odpowiedź do { $date }

mail-request-subject = Twoja prośba do { $organisation }
mail-request-received =
    Dzień dobry,

    otrzymaliśmy Twoją prośbę do { $organisation }: { $kind }.

    Odpowiemy najpóźniej do { $date }. Jeśli o nic nie prosisz, odpowiedz na tę wiadomość.
mail-request-extended =
    Dzień dobry,

    Twoja prośba do { $organisation } wymaga więcej czasu: { $kind }.

    Dlaczego: { $reason }

    Odpowiemy najpóźniej do { $date }.
mail-request-answered =
    Dzień dobry,

    odpowiadamy na Twoją prośbę do { $organisation }: { $kind }.

    { $outcome }
mail-request-refused =
    Dzień dobry,

    nie możemy zrobić tego, o co prosisz { $organisation }: { $kind }.

    { $outcome }

    Możesz złożyć skargę do organu ochrony danych w miejscu zamieszkania.

download = Pobierz
download-hint = Wszystko z tej strony oraz wszystkie Twoje wyświetlenia i kliknięcia.
download-page = Strona do czytania
download-json = JSON, dla programów
download-csv = Tabele (CSV)
download-rest = Wyświetleń i kliknięć jest więcej, niż mieści jeden plik: następna część

erase = Usuń moje dane
erase-hint = Usuwa to Twój adres, profil, subskrypcje, zgody, wiadomości, przeglądarki oraz to, co zarejestrowano o Twoich wyświetleniach i kliknięciach. Zostaje zaszyfrowany kod Twojego adresu, aby żadna lista Cię nie przywróciła, oraz liczby, które nikogo nie wskazują. Nie można tego cofnąć.
erase-button = Usuń wszystko o mnie
erase-sure-title = Usunąć wszystko o Tobie?
erase-cancel = Nie, wróć
erased-title = Twoje dane zostały usunięte
erased-text = { $organisation } nie przechowuje już o Tobie niczego poza zaszyfrowanym kodem adresu, po którym wiemy, że nie mamy więcej pisać. Wyświetlenia i kliknięcia wkrótce przestaną być z Tobą powiązane; kopie zapasowe znikną w swoim czasie.
erased-receipt = Potwierdzenie { $number }, { $date }
erased-mailed = To potwierdzenie wysłaliśmy Ci także pocztą.

leave-title = Zrezygnować z tych wiadomości?
leave-text = Wypisujesz { $address } z { $topic } od { $organisation }. Działa to od razu, także dla wiadomości, które są właśnie wysyłane.
leave-outage = Nie możemy teraz sprawdzić Twojej subskrypcji, ale możesz się wypisać: prośba zostanie od razu zapisana i zadziała, zanim cokolwiek zostanie wysłane.
leave-button = Wypisz mnie
leave-topic = Wypisz mnie z { $topic }
left-everything = Wypisano Cię ze wszystkiego
left-topic = Wypisano Cię z { $topic }
left-everything-text = { $organisation } nie będzie już wysyłać poczty na { $address }.
left-topic-text = { $address } nie będzie już otrzymywać { $topic } od { $organisation }.
return = Zapisz mnie ponownie
return-topic = Zapisz mnie ponownie do { $topic }
returned = Znów masz subskrypcję
returned-text = { $address } znów otrzymuje { $topic } od { $organisation }.
returned-blocked = Nie możemy jeszcze do Ciebie pisać
returned-blocked-text = Znów masz subskrypcję { $topic }, ale { $address } jest zablokowany z innego powodu: { $reason }. Napisz do { $organisation }, aby to zmienić.
foot-recorded = Co jest o Tobie rejestrowane
foot-privacy = Pytania o prywatność:
foot-choose = Wybierz, co otrzymujesz
foot-cookie = Plik cookie tej przeglądarki
foot-account = Wyślij mi link do wszystkich moich danych
track-title = Nie śledzić mnie więcej?
track-title-off = Nie śledzimy Cię
track-text = { $organisation } widzi, kiedy { $address } otwiera wiadomość i które linki są w niej otwierane. Pomaga to pisać wiadomości, które chce się czytać.
track-stop = Nie śledźcie mnie więcej
track-stop-text = Nadal dostajesz te same wiadomości. Nowe nie mają piksela, a ich linki prowadzą prosto tam, dokąd wskazują.
track-off-text = { $organisation } nie rejestruje ani tego, kiedy { $address } otwiera wiadomość, ani otwieranych linków.
track-allow-text = Jeśli na to zezwolisz, { $organisation } będzie widzieć, kiedy otwierasz wiadomość i które linki otwierasz. Możesz to tutaj w każdej chwili cofnąć.
track-forget = Zapomnij to, co było wiadomo wcześniej
track-none-text = { $organisation } u nikogo nie rejestruje otwarcia wiadomości ani otwieranych linków.
track-stopped = Zapisano. Obowiązuje od teraz, także dla wiadomości, które już masz.
track-forgotten = Zapisano. Obowiązuje od teraz, także dla wiadomości, które już masz. To, co było dotąd otwierane, nie jest już z Tobą powiązane: nasze liczby zostają i nikogo nie wskazują.
track-allowed = Zapisano. Dziękujemy.

choose-title = Co otrzymujesz od { $organisation }
choose-text = Dotyczy adresu { $address }. Zaznacz, co chcesz otrzymywać; działa od razu, także dla wiadomości, które są właśnie wysyłane.
choose-language = Twój język
choose-language-none = jak podaje przeglądarka
choose-blocked = Poczta na ten adres jest zablokowana, więc nic nie można tu dodać.
pause = Przerwa
pause-hint = W czasie przerwy nie otrzymujesz od nas nowości. Wiadomości o twoich własnych danych i odpowiedzi do ciebie nadal przychodzą. Tego, co wyślemy w tym czasie, nie wyślemy ci później.
pause-none = Bez przerwy
pause-keep = Przerwa do { $date }: zostaw tak
pause-end = Zakończ przerwę teraz
pause-week = Na tydzień
pause-month = Na miesiąc
pause-quarter = Na trzy miesiące
pause-date = Do tego dnia
pause-wrong = Wybierz dzień po dzisiejszym, w ciągu roku.
sharing = Udostępnianie Twoich danych innym
sharing-hint = Oto, co ogłosiliśmy. Danych osoby, która powie nie, nie udostępniamy; działa to od razu.
sharing-to = Odbiorca: { $recipient }, cel: { $purpose }. Od { $date }.
sharing-none = Obecnie nic nie jest udostępniane.
sharing-allow = Moje dane mogą być udostępniane zgodnie z ogłoszeniem

join-topics = Co chcesz otrzymywać?
join-choose = Wybierz
join-yes = Tak
join-no = Nie
join-optional = nieobowiązkowe
join-birth = Kiedy się urodziłeś lub urodziłaś?
join-birth-month = Miesiąc
join-birth-year = Rok
join-button = Zapisz się
join-trap = Zostaw to pole puste
join-missing = Wypełnij to pole.
join-no-topic = Wybierz co najmniej jedno.
join-wrong-value = To tutaj nie pasuje. Zobacz przykład.
join-wrong-birth = Wybierz miesiąc i wpisz rok czterema cyframi.
join-hint-number = Liczba, na przykład 12.5
join-hint-date = Rok, miesiąc, dzień: 1990-12-31
join-hint-language = Język, na przykład de albo pt-BR
join-hint-zone = Strefa czasowa, na przykład Europe/Vienna
join-problems = Nic jeszcze nie wysłano. Zobacz zaznaczone pola.
join-press-title = Jeszcze jeden krok
join-press-text = Naciśnij przycisk, abyśmy wiedzieli, że formularza nie wypełnił program.
join-press-button = Tak, zapiszcie mnie
join-sent-text = { $organisation } wysyła Ci wiadomość z linkiem. Zapis będzie ważny, gdy go użyjesz, do { $date }.
join-sent-hint = Po kilku minutach nic nie przyszło? Zajrzyj do niechcianej poczty i sprawdź, jak zapisano adres. Wysyłamy najwyżej jedną taką wiadomość na godzinę i trzy na dzień.
join-limited-text = Z Twojej sieci przyszło wiele formularzy albo zapisuje się wiele osób. Spróbuj ponownie za { $minutes } min.
join-closed-title = Ten formularz jest zamknięty
join-closed-text = { $organisation } na razie nikogo nie zapisuje przez ten formularz.
join-none-title = Nie ma takiego formularza
join-none-text = Adres może być niepełny albo formularz usunięto.
join-child-title = Dziękujemy za zainteresowanie
join-child-text = Nie możemy Cię zapisać i nie zachowaliśmy niczego z tego, co wpisano.
join-confirm-title = Zapisać się?
join-confirm-text = { $organisation } będzie pisać na { $address }: { $topics }
join-confirm-button = Tak, zapiszcie mnie
join-gone-text = Link działa raz i tylko przez kilka dni. Możesz wypełnić formularz jeszcze raz.
join-done-title = Zapis jest gotowy
join-done-text = { $organisation } pisze odtąd na { $address }: { $topics }
join-blocked-text = Poczta na { $address } jest zablokowana, więc nic się nie zmieniło. Napisz do { $organisation }, aby to zmienić.
mail-join-subject = Potwierdź: poczta od { $organisation }
mail-join-text =
    Dzień dobry,

    ktoś, najpewniej Ty, chce otrzymywać od { $organisation }: { $topics }

    Jeśli to prawda, potwierdź to tutaj:

    { $link }

    Link działa raz, do { $date }. Jeśli o to nie proszono, nic nie trzeba robić: niczego nie wyślemy.
waiting-joins = Formularze, których nie potwierdzono
by-form = formularz { $form }
reconfirm-title = Czy chcesz to nadal otrzymywać?
reconfirm-text = { $organisation } pisałaby nadal na { $address }: { $topics }
reconfirm-button = Tak, proszę dalej
reconfirm-done-title = Dziękujemy
mail-reconfirm-subject = Czy nadal chcesz otrzymywać { $topics }?
mail-reconfirm-text =
    Dzień dobry,

    otrzymujesz to od { $organisation }: { $topics }

    Jeśli nadal tego chcesz, potwierdź to tutaj:

    { $link }

    Do { $date }. Bez potwierdzenia przestaniemy to wysyłać; link pozwala cofnąć to później. Jeśli już tego nie chcesz, nie musisz nic robić.
