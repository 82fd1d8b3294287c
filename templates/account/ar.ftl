language = العربية
your-data = بياناتك
nothing = لا شيء محفوظ.
since = منذ { $date }
more = عرض المزيد
in-other-languages = هذه الصفحة بلغات أخرى

ask-intro = اطّلع على ما تحفظه { $organisation } عنك، أو صحّحه أو نزّله أو احذفه. لا تحتاج إلى كلمة مرور: سنرسل إليك رابطًا.
ask-address = عنوان بريدك الإلكتروني
ask-button = أرسلوا إليّ الرابط
ask-wrong-address = هذا ليس عنوان بريد إلكتروني. ينبغي أن يكون مثل name@example.com.
sent-title = انظر في صندوق بريدك
sent-text = إذا كان هذا العنوان لدى { $organisation } فهناك رسالة تحتوي على رابط في طريقها إليه. يعمل الرابط مرة واحدة خلال 30 دقيقة.
sent-hint = لم يصل شيء بعد بضع دقائق؟ انظر في البريد غير المرغوب فيه وتحقق من كتابة العنوان. نرسل ثلاثًا من هذه الرسائل في الساعة وعشرًا في اليوم على الأكثر، ولا نرسل إلى عنوان يعود منه البريد نهائيًا.
later-title = يُرجى المحاولة لاحقًا
later-text = لا يمكن إرسال روابط إلى أي أحد الآن. لم يتغير شيء.
limited-text = طُلبت روابط كثيرة من شبكتك. يُرجى المحاولة بعد { $minutes } دقيقة.
foreign-form = لم يُرسل هذا من إحدى صفحاتنا، لذلك لم يُنفَّذ شيء. افتح الصفحة من جديد واستخدم أزرارها.

open-title = هل تريد فتح حسابك؟
open-text = سيُفتح في هذا المتصفح ما تحفظه { $organisation } عن { $address }.
open-button = افتح حسابي
gone-title = لم يعد هذا الرابط يعمل
gone-text = يعمل الرابط مرة واحدة خلال 30 دقيقة. يمكنك طلب رابط آخر.
change-title = هل هذا عنوانك الجديد؟
change-text = ستكتب { $organisation } من الآن فصاعدًا إلى { $address }.
change-button = نعم، استخدموا هذا العنوان
changed-title = تم تغيير عنوانك
changed-text = تكتب { $organisation } من الآن فصاعدًا إلى { $address }.
unchanged-title = لم يتغير عنوانك
unchanged-text = لا يمكن استخدام { $address }: فهو يخص تسجيلًا آخر أو لا يجوز الكتابة إليه. لم يتغير شيء.

mail-subject = بياناتك لدى { $organisation }
mail-text =
    مرحبًا،

    طلب شخص ما، أنت على الأرجح، الاطلاع على ما تحفظه { $organisation } عنك. افتح حسابك هنا:

    { $link }

    يعمل الرابط مرة واحدة خلال 30 دقيقة. من يملكه يستطيع رؤية بياناتك وحذفها، فلا تعطه لأحد. إذا لم تطلبه فلا حاجة إلى فعل شيء.
mail-change-subject = أكّد عنوانك لدى { $organisation }
mail-change-text =
    مرحبًا،

    يريد شخص ما، أنت على الأرجح، أن تكتب { $organisation } إلى هذا العنوان من الآن فصاعدًا. إذا كان ذلك صحيحًا فأكّده هنا:

    { $link }

    يعمل الرابط مرة واحدة خلال 30 دقيقة. إذا لم تطلبه فلا حاجة إلى فعل شيء.
mail-changed-subject = تم تغيير عنوانك لدى { $organisation }
mail-changed-text =
    مرحبًا،

    تكتب { $organisation } من الآن فصاعدًا إلى عنوان آخر، كما طُلب في حسابك. إذا لم تكن أنت من طلب ذلك فأجب عن هذه الرسالة.
mail-erased-subject = حُذفت بياناتك لدى { $organisation }
mail-erased-text =
    مرحبًا،

    تحذف { $organisation } ما تحفظه عنك، كما طلبت.

    الإيصال: { $number }
    التاريخ: { $date }

    يبقى رمز مشفّر لعنوانك نعرف به ألا نكتب إليك مرة أخرى. فقط إذا أدخل أحدهم عنوانك في أحد نماذجنا نسألك بالبريد هل كنت أنت.

account-intro = هذا ما تحفظه { $organisation } عنك.
account-ends = يُنسى هذا المتصفح بعد 30 دقيقة دون استخدام، وبعد أربع ساعات على أي حال.
leave-account = أغلق حسابي في هذا المتصفح
closed-title = أُغلق
closed-text = حسابك مغلق في هذا المتصفح.
said-saved = تم الحفظ.
said-nothing = لم يتغير شيء.
said-confirm = أرسلنا رابطًا إلى العنوان الجديد. يتغير العنوان عند استخدام الرابط.
said-blocked = تم الحفظ. ومع ذلك لن يُرسل إليك بريد، لأن عنوانك محظور.
said-wrong = لم يتغير شيء: { $problem }
said-wait = لم يتغير شيء. ما قلته من قبل ما زال قيد الحفظ؛ يُرجى المحاولة بعد دقيقة.
open-in = { $count ->
    [one] حسابك مفتوح في متصفح واحد.
    [two] حسابك مفتوح في متصفحين.
    [few] حسابك مفتوح في { $count } متصفحات.
   *[other] حسابك مفتوح في { $count } متصفحًا.
}

profile = الملف الشخصي
address = العنوان
known-since = محفوظ منذ
changed-at = آخر تغيير
correct = تصحيح
correct-hint = أفرغ الحقل لحذف قيمته.
save = حفظ
new-address = عنوان البريد الإلكتروني الجديد
new-address-hint = نرسل رابطًا إلى العنوان الجديد. يسري عندما تستخدم الرابط.
change-address = غيّر عنواني

topics = ما يصلك
topics-hint = اختر ما تريد أن يصلك. يسري ذلك فورًا.
subscribed = مشترك
unsubscribed = غير مشترك
pending = غير مؤكد
unsubscribe-all = إلغاء جميع الاشتراكات
blocked = لا يُرسل بريد إلى عنوانك منذ { $date }. السبب: { $reason }
reason-unsubscribed = ألغيت جميع الاشتراكات
reason-hard-bounce = عاد البريد نهائيًا
reason-complaint = بُلّغ عن رسالة بوصفها غير مرغوب فيها
reason-manual = قرار منا

tracking = ما يُسجَّل عندما تقرأ
tracked = نستطيع أن نرى متى تفتح إحدى رسائلنا وأي روابط تتبعها فيها.
untracked = لا نسجل متى تفتح رسالة ولا أي روابط تتبعها.
untracked-all = لا نسجل لأي أحد متى تُفتح رسالة ولا أي روابط تُتبع.
stop-tracking = إيقاف التسجيل
stop-and-forget = إيقاف التسجيل ونسيان ما هو معروف
allow-tracking = السماح به
forgetting = تجري إزالة ما فعلته حتى الآن.

consents = ما وافقت عليه
granted = موافقة
withdrawn = سُحبت
everything = كل شيء
about-tracking = تسجيل ما تقرؤه
notice = إشعار { $version }
basis-consent = موافقتك
basis-contract = عقد معك
basis-customer = أنت عميل
basis-other = سبب آخر
basis-not-stated = السبب غير مذكور
by-one-click = نقرة واحدة في برنامج بريدك
by-page = الصفحة التي يقود إليها رابط في رسالة
by-account = هذا الحساب
by-request = طلب موجه إلينا
by-elsewhere = كنت قد ألغيت في مكان آخر
by-hard-bounce = عاد البريد نهائيًا
by-complaint = بُلّغ عن رسالة بوصفها غير مرغوب فيها
by-not-confirmed = لم يُؤكَّد في الوقت المحدد
by-reconfirmation = أُكِّد من جديد
by-operator = قرار منا

mails = الرسائل المرسلة إليك
single-mails = رسائل أخرى إليك
state-queued = في انتظار الإرسال
state-sent = أُرسلت
state-failed = تعذر تسليمها
state-suppressed = لم تُرسل: أنت لا تريدها
state-paused = لم تُرسل: كنت في توقف مؤقت
state-capped = لم تُرسل: كان قد وصلك ما يكفي من رسائلنا
state-skipped = لم تُرسل: تعذر إعدادها
state-in-doubt = ربما أُرسلت
viewed = عُرضت
clicked = نُقر على: { $links }
nothing-recorded = لم يُسجَّل شيء
not-kept = ما فعلته به لم يعد محفوظًا
left-by-it = أُلغي الاشتراك بها

hits = العروض والنقرات
hits-hint = الأحدث. يحتوي ملف التنزيل على كل ما هو محفوظ.
a-view = عرض
a-click = نقرة
class-person = شخص
class-proxied = شخص على الأرجح
class-unknown = شخص أو برنامج
class-machine = برنامج، لا أنت

browsers = المتصفحات
browsers-hint = نُقر في هذه المتصفحات على روابط في رسائل موجهة إليك.
browser-number = المتصفح { $id }
browser-clicks = { $count ->
    [one] نقرة واحدة
    [two] نقرتان
    [few] { $count } نقرات
   *[other] { $count } نقرة
}
cut = ليس لي: افصله
cut-browsers = متصفحات فصلتها
tags = الوسوم
changes = التغييرات على بياناتك
changed-from-to = { $before } ← { $after }
changed-by-you = أنت
changed-by-import = قائمة مستوردة
changed-by-us = نحن
other-traces = أخرى
test-copies = نسخ من رسائل تجريبية فيها بياناتك
networks = شبكات طلبت رسالتك خلال دقيقة، تُحفظ أسبوعًا
kept-removals = ما قلته قبل تسجيلك هنا

disclosures = من حصل على بياناتك
disclosures-hint = كل مرة خرجت فيها بيانات لك من نظامنا في ملف أو قرأها برنامج: متى، ولمن، ولماذا، وما هي.
disclosed-us = نحن
shared-own-use = استخدامنا الخاص
shared-law = القانون والحقوق
shared-service = جهة تساعدنا
shared-sale = بيع الشركة
shared-bureau = تقرير إلى سلطة التصدير
shared-request = طلبك أنت
shared-sharing = المشاركة مع آخرين
requests = اطلب منا
requests-hint = ما لا يمكنك فعله هنا بنفسك يمكنك أن تطلبه منا. نجيب خلال شهر.
request-kind = الموضوع
kind-access = نسخة من بياناتي أو شرح لها
kind-correction = تصحيح
kind-erasure = حذف
kind-objection = اعتراض
kind-question = سؤال
request-text = كلماتك
request-send = إرسال
said-asked = وصلنا طلبك. نجيب في موعد أقصاه { $date }.
said-asked-often = لديك عدة طلبات مفتوحة. يُرجى انتظار الرد على أحدها أولًا.
request-open = مفتوح
request-answered = أُجيب عنه
request-refused = مرفوض
request-withdrawn = مسحوب
request-due = يُجاب عنه قبل { $date }

mail-request-subject = طلبك إلى { $organisation }
mail-request-received =
    مرحبًا،

    استلمت { $organisation } طلبك: { $kind }.

    نجيب في موعد أقصاه { $date }. إن لم تكن قد طلبت شيئًا، فيرجى الرد على هذه الرسالة.
mail-request-extended =
    مرحبًا،

    يحتاج طلبك إلى { $organisation } إلى وقت أطول: { $kind }.

    السبب: { $reason }

    نجيب في موعد أقصاه { $date }.
mail-request-answered =
    مرحبًا،

    أجابت { $organisation } عن طلبك: { $kind }.

    { $outcome }
mail-request-refused =
    مرحبًا،

    لا تستطيع { $organisation } تنفيذ ما طلبته: { $kind }.

    { $outcome }

    يمكنك تقديم شكوى إلى الجهة المختصة بحماية البيانات في مكان إقامتك.

download = تنزيل
download-hint = كل ما في هذه الصفحة، وجميع عروضك ونقراتك.
download-page = صفحة للقراءة
download-json = JSON للبرامج
download-csv = جداول (CSV)
download-rest = العروض والنقرات أكثر مما يتسع له ملف واحد: الجزء التالي

erase = احذف بياناتي
erase-hint = يحذف هذا عنوانك وملفك الشخصي واشتراكاتك وموافقاتك ورسائلك ومتصفحاتك وما سُجّل من عروضك ونقراتك. يبقى رمز مشفّر لعنوانك حتى لا تعيدك أي قائمة، وأعداد لا تسمّي أحدًا. لا يمكن التراجع عنه.
erase-button = احذفوا كل شيء عني
erase-sure-title = هل تريد حذف كل شيء عنك؟
erase-cancel = لا، العودة
erased-title = حُذفت بياناتك
erased-text = لم تعد { $organisation } تحفظ عنك شيئًا سوى رمز مشفّر لعنوانك نعرف به ألا نكتب إليك مرة أخرى. تفقد العروض والنقرات اسمك خلال وقت قصير، وتزول النسخ الاحتياطية في وقتها.
erased-receipt = الإيصال { $number }، { $date }
erased-mailed = أُرسل إليك هذا الإيصال بالبريد أيضًا.

leave-title = هل تريد إيقاف هذه الرسائل؟
leave-text = أنت على وشك إلغاء اشتراك { $address } في { $topic } من { $organisation }. يسري ذلك فورًا، حتى على البريد الذي يُرسل الآن.
leave-outage = لا يمكننا الاطلاع على اشتراكك الآن، لكن يمكنك إلغاؤه: يُحفظ طلبك فورًا ويسري قبل إرسال أي شيء آخر.
leave-button = إلغاء الاشتراك
leave-topic = إلغاء الاشتراك في { $topic }
left-everything = أُلغيت جميع اشتراكاتك
left-topic = أُلغي اشتراكك في { $topic }
left-everything-text = لن ترسل { $organisation } أي بريد بعد الآن إلى { $address }.
left-topic-text = لن يصل { $topic } من { $organisation } إلى { $address } بعد الآن.
return = الاشتراك من جديد
return-topic = الاشتراك من جديد في { $topic }
returned = أنت مشترك من جديد
returned-text = يصل { $topic } من { $organisation } إلى { $address } من جديد.
returned-blocked = لا يمكننا الإرسال إليك بعد
returned-blocked-text = أنت مشترك في { $topic } من جديد، لكن البريد إلى { $address } محظور لسبب آخر: { $reason }. اكتب إلى { $organisation } لتغيير ذلك.
foot-recorded = ما يُسجَّل عنك
foot-privacy = أسئلة عن الخصوصية:
foot-choose = اختيار ما يصلك
foot-cookie = ملف تعريف الارتباط لهذا المتصفح
foot-account = أرسلوا إليّ رابطًا إلى جميع بياناتي
track-title = هل تريد إيقاف تتبّعك؟
track-title-off = لا يجري تتبّعك
track-text = تستطيع { $organisation } أن ترى متى يفتح { $address } إحدى رسائلها وأي روابط تُتبع فيها. يساعد ذلك على كتابة رسائل يرغب الناس في قراءتها.
track-stop = إيقاف تتبّعي
track-stop-text = تستمر في تلقي الرسائل نفسها. ليس في الرسائل الجديدة بكسل، وتقود روابطها مباشرة إلى حيث تقول.
track-off-text = لا تسجل { $organisation } متى يفتح { $address } رسالة ولا أي روابط تُتبع فيها.
track-allow-text = إذا سمحت بذلك فستستطيع { $organisation } أن ترى متى تفتح رسالة وأي روابط تتبعها. يمكنك التراجع عن ذلك هنا في أي وقت.
track-forget = نسيان ما كان معروفًا من قبل
track-none-text = لا تسجل { $organisation } لأي أحد متى تُفتح رسالة ولا أي روابط تُتبع فيها.
track-stopped = تم الحفظ. يسري ذلك من الآن، وعلى الرسائل التي لديك أيضًا.
track-forgotten = تم الحفظ. يسري ذلك من الآن، وعلى الرسائل التي لديك أيضًا. ما فتحته وتبعته حتى الآن لم يعد مرتبطًا بك: تبقى أعدادنا ولا تسمّي أحدًا.
track-allowed = تم الحفظ. شكرًا لك.

choose-title = ما يصلك من { $organisation }
choose-text = هذا يخص { $address }. ضع علامة على ما تريد أن يصلك؛ يسري ذلك فورًا، حتى على الرسائل التي تُرسل الآن.
choose-language = لغتك
choose-language-none = كما يقول متصفحك
choose-blocked = البريد إلى هذا العنوان محظور، لذا لا يمكن إضافة شيء هنا.
pause = توقف مؤقت
pause-hint = خلال التوقف المؤقت لا تصلك أخبار منا. الرسائل عن بياناتك والردود عليك تصلك رغم ذلك. وما نرسله في هذه الأثناء لن يُرسل إليك لاحقًا.
pause-none = بلا توقف
pause-keep = متوقف حتى { $date }: اتركه كما هو
pause-end = إنهاء التوقف الآن
pause-week = لمدة أسبوع
pause-month = لمدة شهر
pause-quarter = لمدة ثلاثة أشهر
pause-date = حتى هذا اليوم
pause-wrong = اختر يومًا بعد اليوم، خلال سنة.
sharing = مشاركة بياناتك مع آخرين
sharing-hint = هذا ما أعلنّا عنه. من يقول لا فلن نسلّم بياناته إلى أحد؛ ويسري ذلك فورًا.
sharing-to = إلى { $recipient }، لأجل: { $purpose }. ابتداءً من { $date }.
sharing-none = لا يُشارَك أي شيء حاليًا.
sharing-allow = يجوز مشاركة بياناتي كما أُعلن

join-topics = ما الذي تود تلقيه؟
join-choose = يُرجى الاختيار
join-yes = نعم
join-no = لا
join-optional = اختياري
join-birth = متى وُلدت؟
join-birth-month = الشهر
join-birth-year = السنة
join-button = اشترك
join-trap = اترك هذا الحقل فارغًا
join-missing = يُرجى ملء هذا الحقل.
join-no-topic = يُرجى اختيار واحد على الأقل.
join-wrong-value = هذا لا يصلح هنا. يُرجى النظر إلى المثال.
join-wrong-birth = يُرجى اختيار شهر وكتابة السنة بأربعة أرقام.
join-hint-number = رقم، مثل 12.5
join-hint-date = السنة والشهر واليوم: 1990-12-31
join-hint-language = لغة، مثل de أو pt-BR
join-hint-zone = منطقة زمنية، مثل Europe/Vienna
join-problems = لم يُرسل شيء بعد. يُرجى النظر إلى الحقول المعلَّمة.
join-press-title = خطوة أخرى
join-press-text = يُرجى الضغط على الزر لنعرف أن النموذج لم يملأه برنامج.
join-press-button = نعم، اشتركوا باسمي
join-sent-text = ترسل إليك { $organisation } رسالة فيها رابط. يكتمل اشتراكك عند استخدامه حتى { $date }.
join-sent-hint = لم يصل شيء بعد بضع دقائق؟ انظر في البريد غير المرغوب فيه وتحقق من كتابة العنوان. نرسل واحدة من هذه الرسائل في الساعة وثلاثًا في اليوم على الأكثر.
join-limited-text = وصلت نماذج كثيرة من شبكتك، أو يشترك أشخاص كثيرون الآن. يُرجى المحاولة بعد { $minutes } دقيقة.
join-closed-title = هذا النموذج مغلق
join-closed-text = لا تقبل { $organisation } أحدًا عبر هذا النموذج حاليًا.
join-none-title = لا يوجد نموذج كهذا
join-none-text = قد يكون العنوان غير كامل، أو أن النموذج قد أُزيل.
join-child-title = شكرًا لاهتمامك
join-child-text = لا يمكننا قبول اشتراكك، ولم نحفظ شيئًا مما كتبته.
join-confirm-title = هل تريد الاشتراك؟
join-confirm-text = ستكتب { $organisation } إلى { $address }: { $topics }
join-confirm-button = نعم، اشتركوا باسمي
join-gone-text = يعمل الرابط مرة واحدة ولبضعة أيام فقط. يمكنك ملء النموذج من جديد.
join-done-title = تم اشتراكك
join-done-text = تكتب { $organisation } من الآن فصاعدًا إلى { $address }: { $topics }
join-blocked-text = البريد إلى { $address } محظور، لذلك لم يتغير شيء. يُرجى الكتابة إلى { $organisation } لتغيير ذلك.
mail-join-subject = يُرجى التأكيد: بريد من { $organisation }
mail-join-text =
    مرحبًا،

    يريد شخص ما، وهو أنت على الأرجح، أن يتلقى من { $organisation }: { $topics }

    إذا كان ذلك صحيحًا فأكّده هنا:

    { $link }

    يعمل الرابط مرة واحدة حتى { $date }. إذا لم تطلب ذلك فلا يلزمك فعل شيء: لن يصلك شيء.
waiting-joins = نماذج لم تؤكدها
by-form = النموذج { $form }
reconfirm-title = هل تريد أن يستمر هذا في الوصول إليك؟
reconfirm-text = ستواصل { $organisation } الكتابة إلى { $address }: { $topics }
reconfirm-button = نعم، واصلوا
reconfirm-done-title = شكرًا لك
mail-reconfirm-subject = هل ما زلت تريد { $topics }؟
mail-reconfirm-text =
    مرحبًا،

    يصلك هذا من { $organisation }: { $topics }

    إن كنت ما زلت تريده، فيرجى تأكيده هنا:

    { $link }

    حتى { $date }. بلا تأكيد نتوقف عن إرساله إليك، ويتيح لك الرابط التراجع عن ذلك لاحقًا. وإن لم تعد تريده، فلا حاجة إلى فعل شيء.
