language = English
your-data = Your data
nothing = Nothing is kept.
since = since { $date }
more = Show more
in-other-languages = This page in other languages

ask-intro = See, correct, download or delete what { $organisation } keeps about you. You need no password: we mail you a link.
ask-address = Your email address
ask-button = Mail me the link
ask-wrong-address = This is no email address. It should look like name@example.com.
sent-title = Look into your mailbox
sent-text = If { $organisation } has this address, a mail with a link is on its way to it. The link works once, within 30 minutes.
sent-hint = Has nothing arrived after some minutes? Look among unwanted mail, and check how the address is written. At most three of these mails are sent in an hour and ten in a day, and none to an address from which mail came back for good.
later-title = Please try again later
later-text = Links can’t be mailed right now, to anybody. Nothing was changed.
limited-text = Many links were asked for from your network. Please try again in { $minutes } minutes.
foreign-form = This was not sent by a page of ours, so nothing was done. Please open the page again and use its buttons.

open-title = Open your account?
open-text = This opens in this browser what { $organisation } keeps about { $address }.
open-button = Open my account
gone-title = This link does not work any more
gone-text = A link works once, within 30 minutes. You can ask for another one.
change-title = Is this your new address?
change-text = { $organisation } will write to { $address } from now on.
change-button = Yes, use this address
changed-title = Your address is changed
changed-text = { $organisation } writes to { $address } from now on.
unchanged-title = Your address was not changed
unchanged-text = { $address } can’t be used: it belongs to another entry, or must not be written to. Nothing was changed.

mail-subject = Your data at { $organisation }
mail-text =
    Hello,

    somebody, most likely you, has asked to see what { $organisation } keeps about you. Open your account here:

    { $link }

    The link works once, within 30 minutes. Whoever has it can see and delete your data, so please do not pass it on. If you have not asked for it, there is nothing to do.
mail-change-subject = Confirm your address for { $organisation }
mail-change-text =
    Hello,

    somebody, most likely you, wants { $organisation } to write to this address from now on. If that is right, confirm it here:

    { $link }

    The link works once, within 30 minutes. If you have not asked for it, there is nothing to do.
mail-changed-subject = Your address at { $organisation } was changed
mail-changed-text =
    Hello,

    { $organisation } writes to another address from now on, as was asked for in your account. If it was not you who asked, please reply to this mail.
mail-erased-subject = Your data at { $organisation } is deleted
mail-erased-text =
    Hello,

    { $organisation } deletes what it keeps about you, as you have asked.

    Receipt: { $number }
    Date: { $date }

    What stays is a keyed code of your address, by which we know not to write to you again. Only when somebody enters it in one of our forms do we ask you by mail whether it was you.

account-intro = This is what { $organisation } keeps about you.
account-ends = This browser is forgotten after 30 minutes without use, and after four hours in any case.
leave-account = Close my account in this browser
closed-title = Closed
closed-text = Your account is closed in this browser.
said-saved = Saved.
said-nothing = Nothing was changed.
said-confirm = We have mailed a link to the new address. The address changes when the link is used.
said-blocked = Saved. No mail is sent to you all the same, because mail to your address is blocked.
said-wrong = Nothing was changed: { $problem }
said-wait = Nothing was changed. Something you said before is still being saved; please try again in a minute.
open-in = { $count ->
    [one] Your account is open in one browser.
   *[other] Your account is open in { $count } browsers.
}

profile = Profile
address = Address
known-since = Kept since
changed-at = Last changed
correct = Correct
correct-hint = Empty a field to have its value removed.
save = Save
new-address = New email address
new-address-hint = We mail a link to the new address. It holds when you have used the link.
change-address = Change my address

topics = What you get
topics-hint = Tick what you want to get. It takes effect at once.
subscribed = subscribed
unsubscribed = not subscribed
pending = not confirmed
unsubscribe-all = Unsubscribe from everything
blocked = No mail is sent to your address since { $date }. Reason: { $reason }
reason-unsubscribed = you have unsubscribed from everything
reason-hard-bounce = mail came back for good
reason-complaint = a message was reported as unwanted
reason-manual = a decision of ours

tracking = What is recorded when you read
tracked = We can see when you open one of our messages, and which links in it you follow.
untracked = We record neither when you open a message, nor which links you follow.
untracked-all = We record of nobody when a message is opened, or which links are followed.
stop-tracking = Stop recording
stop-and-forget = Stop, and forget what is known
allow-tracking = Allow it
forgetting = What you did until now is being removed.

consents = What you agreed to
granted = agreed
withdrawn = withdrawn
everything = everything
about-tracking = recording what you read
notice = notice { $version }
basis-consent = your consent
basis-contract = a contract with you
basis-customer = you are a customer
basis-other = another reason
basis-not-stated = reason not stated
by-one-click = one click in your mail program
by-page = the page behind the link in a message
by-account = this account
by-request = a request to us
by-elsewhere = you had left elsewhere
by-hard-bounce = mail came back for good
by-complaint = a message was reported as unwanted
by-not-confirmed = not confirmed in time
by-reconfirmation = confirmed again
by-operator = a decision of ours

mails = Mails to you
single-mails = Other messages to you
state-queued = waits to be sent
state-sent = sent
state-failed = could not be delivered
state-suppressed = not sent: you do not want it
state-paused = not sent: you had paused
state-capped = not sent: you had had enough mail from us by then
state-skipped = not sent: it could not be made
state-in-doubt = perhaps sent
viewed = viewed
clicked = clicked: { $links }
nothing-recorded = nothing recorded
not-kept = what you did with it is not kept any more
left-by-it = unsubscribed by it

hits = Views and clicks
hits-hint = The latest. The download has all that are kept.
a-view = viewed
a-click = clicked
class-person = a person
class-proxied = most likely a person
class-unknown = a person or a program
class-machine = a program, not you

browsers = Browsers
browsers-hint = Links in mails to you were clicked in these browsers.
browser-number = Browser { $id }
browser-clicks = { $count ->
    [one] 1 click
   *[other] { $count } clicks
}
cut = Not mine: cut
cut-browsers = Browsers that you have cut
tags = Tags
changes = Changes of your data
changed-from-to = { $before } → { $after }
changed-by-you = you
changed-by-import = a list that was read in
changed-by-us = us
other-traces = Other
test-copies = Copies of test messages with your values
networks = Networks that asked for your message within a minute, kept for a week
kept-removals = What you said before you were entered here

disclosures = Who got your data
disclosures-hint = Each time that data of yours left our system in a file, or was read by a program: when, to whom, why, and what.
disclosed-us = ourselves
shared-own-use = our own use
shared-law = law and rights
shared-service = somebody who helps us
shared-sale = sale of the business
shared-bureau = a report to an export authority
shared-request = your own request
shared-sharing = sharing with others
requests = Ask us
requests-hint = What you can’t do here yourself, you can ask us for. We answer within a month.
request-kind = What it is about
kind-access = A copy or an explanation of my data
kind-correction = A correction
kind-erasure = Deletion
kind-objection = An objection
kind-question = A question
request-text = Your words
request-send = Send
said-asked = Your request has reached us. We answer by { $date } at the latest.
said-asked-often = You have several open requests. Please wait for an answer to one of them first.
request-open = open
request-answered = answered
request-refused = refused
request-withdrawn = withdrawn
request-due = to be answered by { $date }

mail-request-subject = Your request to { $organisation }
mail-request-received =
    Hello,

    { $organisation } has received your request: { $kind }.

    We answer by { $date } at the latest. If you have not asked for anything, please reply to this mail.
mail-request-extended =
    Hello,

    your request to { $organisation } takes longer: { $kind }.

    Why: { $reason }

    We answer by { $date } at the latest.
mail-request-answered =
    Hello,

    { $organisation } has answered your request: { $kind }.

    { $outcome }
mail-request-refused =
    Hello,

    { $organisation } can’t do what you have asked for: { $kind }.

    { $outcome }

    You can complain to the authority that watches over privacy where you live.

download = Download
download-hint = Everything that is on this page, and all your views and clicks.
download-page = Page to read
download-json = JSON, for programs
download-csv = Tables (CSV)
download-rest = There are more views and clicks than fit into one file: the next part

erase = Delete my data
erase-hint = This deletes your address, profile, subscriptions, agreements, messages, browsers, and what is recorded of your views and clicks. What stays is a keyed code of your address, so that no list brings you back, and numbers that name nobody. It can’t be undone.
erase-button = Delete everything about me
erase-sure-title = Delete everything about you?
erase-cancel = No, go back
erased-title = Your data is deleted
erased-text = { $organisation } keeps nothing about you any more but a keyed code of your address, by which we know not to write to you again. Views and clicks lose your name within a short time; copies in backups go when the backups do.
erased-receipt = Receipt { $number }, { $date }
erased-mailed = This receipt was mailed to you as well.

leave-title = Stop these emails?
leave-text = You are about to unsubscribe { $address } from { $topic } by { $organisation }. This takes effect at once, even for mail that is being sent right now.
leave-outage = We can’t look up your subscription right now, but you can still unsubscribe: your request is saved at once and takes effect before anything more is sent.
leave-button = Unsubscribe
leave-topic = Unsubscribe from { $topic }
left-everything = You are unsubscribed from everything
left-topic = You are unsubscribed from { $topic }
left-everything-text = { $organisation } will send no more mail to { $address }.
left-topic-text = { $address } will get no more { $topic } from { $organisation }.
return = Subscribe again
return-topic = Subscribe again to { $topic }
returned = You are subscribed again
returned-text = { $address } gets { $topic } from { $organisation } again.
returned-blocked = We can’t send to you yet
returned-blocked-text = You are subscribed to { $topic } again, but mail to { $address } is blocked for another reason: { $reason }. Please write to { $organisation } to change that.
foot-recorded = What is recorded of you
foot-privacy = Questions about privacy:
foot-choose = Choose what you get
foot-cookie = The cookie of this browser
foot-account = Mail me a link to all my data
track-title = Stop tracking me?
track-title-off = You are not tracked
track-text = { $organisation } can see when { $address } opens one of its messages, and which links are followed in it. This helps to write messages that people want to read.
track-stop = Stop tracking me
track-stop-text = You keep getting the same messages. New ones have no pixel, and their links lead straight to where they say.
track-off-text = { $organisation } records neither when { $address } opens a message, nor which links are followed in it.
track-allow-text = If you allow it, { $organisation } can see when you open a message and which links you follow. You can take that back here at any time.
track-forget = Forget what was known before
track-none-text = { $organisation } records of nobody when a message is opened, or which links are followed in it.
track-stopped = Saved. It holds from now on, for messages that you already have as well.
track-forgotten = Saved. It holds from now on, for messages that you already have as well. What you opened and followed until now is no longer yours: our counts stay, and name nobody.
track-allowed = Saved. Thank you.

choose-title = What you get from { $organisation }
choose-text = This is for { $address }. Tick what you want to get; it takes effect at once, even for mail that is being sent right now.
choose-language = Your language
choose-language-none = as your browser says
choose-blocked = Mail to this address is blocked, so nothing can be added here.
pause = A pause
pause-hint = During a pause you get no news from us. Messages about your own data, and answers to you, still come. What we send meanwhile is not sent to you later.
pause-none = No pause
pause-keep = Paused until { $date }: leave it so
pause-end = End the pause now
pause-week = For one week
pause-month = For one month
pause-quarter = For three months
pause-date = Until this day
pause-wrong = Choose a day after today, within a year.
sharing = Sharing your data with others
sharing-hint = This is what we have announced. Whoever says no is not handed on; it takes effect at once.
sharing-to = To { $recipient }, for: { $purpose }. From { $date } on.
sharing-none = Nothing is being shared.
sharing-allow = My data may be shared as announced

join-topics = What would you like to get?
join-choose = Please choose
join-yes = Yes
join-no = No
join-optional = optional
join-birth = When were you born?
join-birth-month = Month
join-birth-year = Year
join-button = Sign up
join-trap = Leave this field empty
join-missing = Please fill this in.
join-no-topic = Please choose at least one.
join-wrong-value = This does not fit here. Please look at the example.
join-wrong-birth = Please choose a month, and type a year with four digits.
join-hint-number = A number, such as 12.5
join-hint-date = Year, month, day: 1990-12-31
join-hint-language = A language, such as de or pt-BR
join-hint-zone = A time zone, such as Europe/Vienna
join-problems = Nothing is sent yet. Please look at the fields that are marked.
join-press-title = One more step
join-press-text = Please press the button, so that we know that no program has filled in the form.
join-press-button = Yes, sign me up
join-sent-text = { $organisation } is sending you a mail with a link. You are signed up when you have used it, until { $date }.
join-sent-hint = Has nothing arrived after some minutes? Look among unwanted mail, and check how the address is written. At most one of these mails is sent in an hour and three in a day.
join-limited-text = Many forms were sent from your network, or many people are signing up. Please try again in { $minutes } minutes.
join-closed-title = This form is closed
join-closed-text = { $organisation } takes nobody by this form at the moment.
join-none-title = There is no such form
join-none-text = The address may be incomplete, or the form was removed.
join-child-title = Thank you for your interest
join-child-text = We can’t sign you up, and we have kept nothing of what you typed.
join-confirm-title = Sign up?
join-confirm-text = { $organisation } will write to { $address }: { $topics }
join-confirm-button = Yes, sign me up
join-gone-text = A link works once, and for some days only. You can fill in the form again.
join-done-title = You are signed up
join-done-text = { $organisation } writes to { $address } from now on: { $topics }
join-blocked-text = Mail to { $address } is blocked, so nothing was changed. Please write to { $organisation } to change that.
mail-join-subject = Please confirm: mail from { $organisation }
mail-join-text =
    Hello,

    somebody, most likely you, wants to get this from { $organisation }: { $topics }

    If that is right, confirm it here:

    { $link }

    The link works once, until { $date }. If you have not asked for it, there is nothing to do: you get nothing.
waiting-joins = Forms that you have not confirmed
by-form = the form { $form }
reconfirm-title = Do you still want to get this?
reconfirm-text = { $organisation } would go on writing to { $address }: { $topics }
reconfirm-button = Yes, go on
reconfirm-done-title = Thank you
mail-reconfirm-subject = Do you still want { $topics }?
mail-reconfirm-text =
    Hello,

    you get this from { $organisation }: { $topics }

    If you still want it, please confirm it here:

    { $link }

    Until { $date }. Without a confirmation we stop sending it to you; the link lets you take that back later. If you do not want it any more, there is nothing to do.
