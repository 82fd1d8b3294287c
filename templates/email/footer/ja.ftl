reason = { $email } が { $organisation } の「{ $topic }」を購読しているため、このメールをお送りしています。
unsubscribe = 配信を停止する
preferences = 受け取る内容を選ぶ
browser = ブラウザーで読む
tracking = 追跡を停止する
