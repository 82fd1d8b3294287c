language = 日本語
your-data = お客様のデータ
nothing = 保存されているものはありません。
since = { $date } から
more = さらに表示
in-other-languages = このページのほかの言語

ask-intro = { $organisation } がお客様について保存している内容を確認、訂正、ダウンロード、削除できます。パスワードは不要です。リンクをメールでお送りします。
ask-address = メールアドレス
ask-button = リンクを送る
ask-wrong-address = メールアドレスではありません。name@example.com のような形で入力してください。
sent-title = メールをご確認ください
sent-text = { $organisation } にこのアドレスが登録されていれば、リンクを記載したメールをお送りしました。リンクは 30 分以内に一度だけ使えます。
sent-hint = 数分たっても届かない場合は、迷惑メールとアドレスの入力をご確認ください。このメールは 1 時間に 3 通、1 日に 10 通までで、メールが恒久的に返送されるアドレスには送られません。
later-title = 後でもう一度お試しください
later-text = 現在、どなたにもリンクを送れません。何も変更されていません。
limited-text = お使いのネットワークから多くのリンクが請求されました。{ $minutes } 分後にもう一度お試しください。
foreign-form = 当方のページから送られたものではないため、何も行いませんでした。ページを開き直し、そのボタンをお使いください。

open-title = アカウントを開きますか
open-text = { $organisation } が { $address } について保存している内容を、このブラウザーで開きます。
open-button = アカウントを開く
gone-title = このリンクはもう使えません
gone-text = リンクは 30 分以内に一度だけ使えます。新しいリンクを請求できます。
change-title = 新しいアドレスはこちらですか
change-text = 今後 { $organisation } は { $address } にお送りします。
change-button = はい、このアドレスを使います
changed-title = アドレスを変更しました
changed-text = 今後 { $organisation } は { $address } にお送りします。
unchanged-title = アドレスは変更されませんでした
unchanged-text = { $address } は使えません。ほかの登録のものか、送信できないアドレスです。何も変更されていません。

mail-subject = { $organisation } のお客様のデータ
mail-text =
    こんにちは。

    { $organisation } がお客様について保存している内容を見るための請求がありました。こちらからアカウントを開いてください。

    { $link }

    リンクは 30 分以内に一度だけ使えます。リンクを持つ人はお客様のデータを見て削除できるため、ほかの人に渡さないでください。お心当たりがなければ、何もする必要はありません。
mail-change-subject = { $organisation } に登録するアドレスの確認
mail-change-text =
    こんにちは。

    今後 { $organisation } からこのアドレスに送るよう請求がありました。正しければ、こちらで確認してください。

    { $link }

    リンクは 30 分以内に一度だけ使えます。お心当たりがなければ、何もする必要はありません。
mail-changed-subject = { $organisation } に登録されたアドレスが変更されました
mail-changed-text =
    こんにちは。

    アカウントでの請求により、今後 { $organisation } は別のアドレスにお送りします。お心当たりがなければ、このメールにご返信ください。
mail-erased-subject = { $organisation } のお客様のデータが削除されました
mail-erased-text =
    こんにちは。

    ご請求のとおり、{ $organisation } はお客様について保存している内容を削除します。

    受付番号: { $number }
    日付: { $date }

    残るのは、今後お送りしないことを知るための、アドレスの暗号化された符号だけです。どなたかが当方のフォームにこのアドレスを入力した場合に限り、ご本人かどうかをメールで確認いたします。

account-intro = { $organisation } がお客様について保存している内容です。
account-ends = このブラウザーは、30 分間使われないか、いずれにしても 4 時間たつと忘れられます。
leave-account = このブラウザーでアカウントを閉じる
closed-title = 閉じました
closed-text = このブラウザーのアカウントは閉じられました。
said-saved = 保存しました。
said-nothing = 何も変更されていません。
said-confirm = 新しいアドレスにリンクを送りました。リンクが使われるとアドレスが変わります。
said-blocked = 保存しました。ただし、アドレスへの送信が止められているため、メールは送られません。
said-wrong = 何も変更されていません: { $problem }
said-wait = 何も変更されていません。以前のご依頼を保存中です。1 分後にもう一度お試しください。
open-in = { $count ->
   *[other] アカウントは { $count } 個のブラウザーで開いています。
}

profile = プロフィール
address = アドレス
known-since = 保存開始
changed-at = 最終変更
correct = 訂正
correct-hint = 値を削除するには、欄を空にしてください。
save = 保存
new-address = 新しいメールアドレス
new-address-hint = 新しいアドレスにリンクを送ります。リンクを使った時点で有効になります。
change-address = アドレスを変更

topics = お届けする内容
topics-hint = 受け取りたいものを選んでください。すぐに有効になります。
subscribed = 購読中
unsubscribed = 購読していません
pending = 未確認
unsubscribe-all = すべての配信を停止
blocked = { $date } からこのアドレスにはメールを送っていません。理由: { $reason }
reason-unsubscribed = すべての配信を停止されました
reason-hard-bounce = メールが恒久的に返送されました
reason-complaint = 迷惑メールとして報告されました
reason-manual = 当方の判断

tracking = 読むときに記録されること
tracked = お客様がメールを開いた時刻と、開いたリンクがわかります。
untracked = メールを開いた時刻も、開いたリンクも記録していません。
untracked-all = どなたについても、メールの開封やリンクの利用を記録していません。
stop-tracking = 記録を停止
stop-and-forget = 記録を停止し、わかっていることを忘れる
allow-tracking = 許可する
forgetting = これまでの記録を削除しています。

consents = 同意の記録
granted = 同意
withdrawn = 撤回
everything = すべて
about-tracking = 読んだことの記録
notice = 告知 { $version }
basis-consent = ご本人の同意
basis-contract = ご本人との契約
basis-customer = お客様であること
basis-other = その他の理由
basis-not-stated = 理由の記載なし
by-one-click = メールソフトでのワンクリック
by-page = メールのリンク先のページ
by-account = このアカウント
by-request = 当方へのご依頼
by-elsewhere = ほかの場所で停止済み
by-hard-bounce = メールが恒久的に返送されました
by-complaint = 迷惑メールとして報告されました
by-not-confirmed = 期限までに確認されませんでした
by-reconfirmation = 再確認済み
by-operator = 当方の判断

mails = お送りしたメール
single-mails = そのほかのメッセージ
state-queued = 送信待ち
state-sent = 送信済み
state-failed = 配達できませんでした
state-suppressed = 送信せず: ご希望ではありません
state-paused = 送信せず: 一時停止中でした
state-capped = 送信せず: すでに十分な数のメールをお送りしていました
state-skipped = 送信せず: 作成できませんでした
state-in-doubt = 送信された可能性あり
viewed = 表示
clicked = クリック: { $links }
nothing-recorded = 記録なし
not-kept = このメールでの操作はもう保存されていません
left-by-it = これにより配信停止

hits = 表示とクリック
hits-hint = 最新のものです。保存されているすべてはダウンロードに含まれます。
a-view = 表示
a-click = クリック
class-person = 人
class-proxied = おそらく人
class-unknown = 人またはプログラム
class-machine = プログラム（お客様ではありません）

browsers = ブラウザー
browsers-hint = お客様宛てのメールのリンクが、これらのブラウザーで開かれました。
browser-number = ブラウザー { $id }
browser-clicks = { $count ->
   *[other] { $count } 回のクリック
}
cut = 自分のものではない: 切り離す
cut-browsers = 切り離したブラウザー
tags = タグ
changes = データの変更
changed-from-to = { $before } → { $after }
changed-by-you = ご本人
changed-by-import = 読み込まれたリスト
changed-by-us = 当方
other-traces = そのほか
test-copies = お客様の値を含む試験メールの写し
networks = 配達から 1 分以内にメールを要求したネットワーク（1 週間保存）
kept-removals = ここに登録される前のお申し出

disclosures = あなたのデータを受け取った相手
disclosures-hint = あなたのデータがファイルで当方のシステムから出たとき、またはプログラムに読み取られたときの記録です。日時、相手、理由、内容を示します。
disclosed-us = 当方
shared-own-use = 自らの利用
shared-law = 法令と権利
shared-service = 当方を支援する者
shared-sale = 事業の売却
shared-bureau = 輸出当局への報告
shared-request = ご本人の請求
shared-sharing = 第三者との共有
requests = お問い合わせ
requests-hint = ここでご自身でできないことは、当方にご請求いただけます。1か月以内にお答えします。
request-kind = 内容
kind-access = データの写しまたは説明
kind-correction = 訂正
kind-erasure = 削除
kind-objection = 異議
kind-question = 質問
request-text = ご記入欄
request-send = 送信
said-asked = ご請求を受け付けました。遅くとも { $date } までにお答えします。
said-asked-often = 未回答のご請求が複数あります。まずいずれかの回答をお待ちください。
request-open = 未回答
request-answered = 回答済み
request-refused = 拒否
request-withdrawn = 取り下げ
request-due = 回答期限 { $date }

mail-request-subject = { $organisation } へのご依頼について
mail-request-received =
    こんにちは。

    { $organisation } はご依頼を受け取りました: { $kind }

    遅くとも { $date } までにお答えします。お心当たりがない場合は、このメールにご返信ください。
mail-request-extended =
    こんにちは。

    { $organisation } へのご依頼には、さらに時間がかかります: { $kind }

    理由: { $reason }

    遅くとも { $date } までにお答えします。
mail-request-answered =
    こんにちは。

    { $organisation } からご依頼へのお答えです: { $kind }

    { $outcome }
mail-request-refused =
    こんにちは。

    { $organisation } はご依頼に応じることができません: { $kind }

    { $outcome }

    お住まいの地域のデータ保護機関に苦情を申し立てることができます。

download = ダウンロード
download-hint = このページのすべてと、お客様のすべての表示とクリック。
download-page = 読むためのページ
download-json = JSON（プログラム用）
download-csv = 表 (CSV)
download-rest = 表示とクリックが 1 つのファイルに収まりません: 続き

erase = データを削除
erase-hint = アドレス、プロフィール、購読、同意、メッセージ、ブラウザー、表示とクリックの記録を削除します。残るのは、どの名簿からも再登録されないようにするための、アドレスの暗号化された符号と、だれも示さない数だけです。元に戻せません。
erase-button = 私に関するすべてを削除
erase-sure-title = お客様に関するすべてを削除しますか
erase-cancel = いいえ、戻る
erased-title = データを削除しました
erased-text = { $organisation } がお客様について保存しているのは、今後お送りしないことを知るための、アドレスの暗号化された符号だけです。表示とクリックからはまもなくお名前が消えます。バックアップ内の写しは、バックアップとともになくなります。
erased-receipt = 受付番号 { $number }、{ $date }
erased-mailed = この受付番号はメールでもお送りしました。

leave-title = これらのメールを停止しますか
leave-text = { $organisation } の「{ $topic }」から { $address } の購読を解除します。送信中のメールも含め、すぐに有効になります。
leave-outage = 現在、購読の状況を確認できませんが、解除はできます。ご依頼はすぐに保存され、次の送信より前に有効になります。
leave-button = 購読を解除
leave-topic = 「{ $topic }」の購読を解除
left-everything = すべての購読を解除しました
left-topic = 「{ $topic }」の購読を解除しました
left-everything-text = 今後 { $organisation } は { $address } にメールを送りません。
left-topic-text = 今後 { $organisation } の「{ $topic }」は { $address } に届きません。
return = もう一度購読する
return-topic = 「{ $topic }」をもう一度購読する
returned = 再び購読中です
returned-text = { $organisation } の「{ $topic }」が再び { $address } に届きます。
returned-blocked = まだお送りできません
returned-blocked-text = 「{ $topic }」を再び購読しましたが、{ $address } への送信は別の理由で止められています: { $reason }。変更するには { $organisation } にご連絡ください。
foot-recorded = 記録される内容
foot-privacy = プライバシーに関するお問い合わせ：
foot-choose = 受け取る内容を選ぶ
foot-cookie = このブラウザーの Cookie
foot-account = 私のすべてのデータへのリンクを送る
track-title = 追跡を停止しますか
track-title-off = 追跡されていません
track-text = { $organisation } は、{ $address } がメールを開いた時刻と、開かれたリンクを知ることができます。読みたいと思われるメールを書くのに役立ちます。
track-stop = 追跡を停止する
track-stop-text = 同じメールが引き続き届きます。新しいメールにはピクセルがなく、リンクは表示どおりの先へ直接つながります。
track-off-text = { $organisation } は、{ $address } がメールを開いた時刻も、開かれたリンクも記録しません。
track-allow-text = 許可すると、{ $organisation } はメールを開いた時刻と開いたリンクを知ることができます。ここでいつでも取り消せます。
track-forget = これまでにわかったことを忘れる
track-none-text = { $organisation } は、どなたについてもメールの開封やリンクの利用を記録していません。
track-stopped = 保存しました。すでにお持ちのメールも含め、今から有効です。
track-forgotten = 保存しました。すでにお持ちのメールも含め、今から有効です。これまでに開いたものはお客様と結び付かなくなります。件数は残りますが、だれも示しません。
track-allowed = 保存しました。ありがとうございます。

choose-title = { $organisation } から受け取るもの
choose-text = { $address } についての設定です。受け取りたいものに印を付けてください。ただちに有効になり、現在送信中のメールにも及びます。
choose-language = 言語
choose-language-none = ブラウザーの設定に従う
choose-blocked = このアドレスへのメールは止められているため、ここで追加することはできません。
pause = 一時停止
pause-hint = 一時停止の間は、お知らせをお送りしません。ご自身のデータに関するメールやご返信は届きます。その間に送信したものを、後からお送りすることはありません。
pause-none = 一時停止しない
pause-keep = { $date } まで一時停止中：このままにする
pause-end = 一時停止を今すぐ終える
pause-week = 1週間
pause-month = 1か月
pause-quarter = 3か月
pause-date = この日まで
pause-wrong = 明日以降、1年以内の日を選んでください。
sharing = お客様のデータの第三者との共有
sharing-hint = 当方がお知らせした内容です。同意されない方のデータは渡しません。変更はただちに有効になります。
sharing-to = 提供先：{ $recipient }、目的：{ $purpose }。{ $date } から。
sharing-none = 現在、共有しているものはありません。
sharing-allow = お知らせのとおりに自分のデータを共有してよい

join-topics = 何を受け取りますか？
join-choose = 選んでください
join-yes = はい
join-no = いいえ
join-optional = 任意
join-birth = 生年月
join-birth-month = 月
join-birth-year = 年
join-button = 登録する
join-trap = この欄は空のままにしてください
join-missing = 入力してください。
join-no-topic = 少なくとも一つ選んでください。
join-wrong-value = この値は使えません。例をご覧ください。
join-wrong-birth = 月を選び、年を四桁で入力してください。
join-hint-number = 数字（例：12.5）
join-hint-date = 年、月、日：1990-12-31
join-hint-language = 言語（例：de、pt-BR）
join-hint-zone = タイムゾーン（例：Europe/Vienna）
join-problems = まだ送信されていません。印の付いた欄をご覧ください。
join-press-title = あと一歩です
join-press-text = プログラムによる入力でないことを確かめるため、ボタンを押してください。
join-press-button = はい、登録します
join-sent-text = { $organisation } からリンクの入ったメールをお送りします。{ $date } までにリンクを使うと登録が完了します。
join-sent-hint = 数分たっても届きませんか？迷惑メールをご覧になり、アドレスの書き方をお確かめください。このメールは一時間に一通、一日に三通までです。
join-limited-text = お使いのネットワークから多くの送信があったか、多くの方が登録中です。{ $minutes } 分後にもう一度お試しください。
join-closed-title = このフォームは閉じています
join-closed-text = { $organisation } は現在このフォームでの登録を受け付けていません。
join-none-title = このフォームはありません
join-none-text = アドレスが不完全か、フォームが削除されました。
join-child-title = ご関心をお寄せいただきありがとうございます
join-child-text = 登録はできません。入力された内容は何も保存していません。
join-confirm-title = 登録しますか？
join-confirm-text = { $organisation } は { $address } にお送りします：{ $topics }
join-confirm-button = はい、登録します
join-gone-text = リンクは一度だけ、数日間だけ使えます。フォームにもう一度入力できます。
join-done-title = 登録されました
join-done-text = { $organisation } は今後 { $address } にお送りします：{ $topics }
join-blocked-text = { $address } へのメールは停止されているため、何も変わっていません。変えるには { $organisation } にご連絡ください。
mail-join-subject = ご確認ください：{ $organisation } からのメール
mail-join-text =
    こんにちは。

    どなたか、おそらくご本人が、{ $organisation } から次の受け取りを希望されました：{ $topics }

    正しければ、こちらで確認してください：

    { $link }

    リンクは { $date } まで、一度だけ使えます。お心当たりがなければ、何もする必要はありません。何も届きません。
waiting-joins = 確認していないフォーム
by-form = フォーム { $form }
reconfirm-title = 引き続き受け取りますか？
reconfirm-text = { $organisation } は今後も { $address } にお送りします: { $topics }
reconfirm-button = はい、続けます
reconfirm-done-title = ありがとうございます
mail-reconfirm-subject = 引き続き { $topics } を受け取りますか？
mail-reconfirm-text =
    こんにちは。

    { $organisation } から次のものをお送りしています: { $topics }

    引き続きご希望の場合は、こちらで確認してください:

    { $link }

    期限は { $date } です。確認がない場合は送信を停止しますが、後からこのリンクで再開できます。ご希望でない場合は、何もする必要はありません。
