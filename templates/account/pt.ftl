language = Português
your-data = Os seus dados
nothing = Nada está guardado.
since = desde { $date }
more = Mostrar mais
in-other-languages = Esta página noutras línguas

ask-intro = Veja, corrija, descarregue ou apague o que { $organisation } guarda sobre si. Não precisa de palavra-passe: enviamos-lhe uma ligação.
ask-address = O seu endereço de e-mail
ask-button = Enviar-me a ligação
ask-wrong-address = Isto não é um endereço de e-mail. Deve ser parecido com nome@example.com.
sent-title = Veja a sua caixa de correio
sent-text = Se { $organisation } tiver este endereço, uma mensagem com uma ligação vai a caminho. A ligação funciona uma só vez, durante 30 minutos.
sent-hint = Não chegou nada ao fim de alguns minutos? Procure no correio indesejado e verifique como o endereço está escrito. São enviadas no máximo três destas mensagens por hora e dez por dia, e nenhuma para um endereço de onde o correio volta definitivamente.
later-title = Tente novamente mais tarde
later-text = De momento não é possível enviar ligações a ninguém. Nada foi alterado.
limited-text = Foram pedidas muitas ligações a partir da sua rede. Tente novamente dentro de { $minutes } minutos.
foreign-form = Isto não foi enviado por uma página nossa, por isso nada foi feito. Abra a página de novo e use os seus botões.

open-title = Abrir a sua conta?
open-text = Neste navegador abre-se o que { $organisation } guarda sobre { $address }.
open-button = Abrir a minha conta
gone-title = Esta ligação já não funciona
gone-text = Uma ligação funciona uma só vez, durante 30 minutos. Pode pedir outra.
change-title = Este é o seu novo endereço?
change-text = { $organisation } passará a escrever para { $address }.
change-button = Sim, usar este endereço
changed-title = O seu endereço foi alterado
changed-text = { $organisation } passa a escrever para { $address }.
unchanged-title = O seu endereço não foi alterado
unchanged-text = { $address } não pode ser usado: pertence a outro registo, ou não se lhe deve escrever. Nada foi alterado.

mail-subject = Os seus dados em { $organisation }
mail-text =
    Olá,

    alguém, provavelmente você, pediu para ver o que { $organisation } guarda sobre si. Abra a sua conta aqui:

    { $link }

    A ligação funciona uma só vez, durante 30 minutos. Quem a tiver pode ver e apagar os seus dados, por isso não a passe a ninguém. Se não a pediu, não precisa de fazer nada.
mail-change-subject = Confirme o seu endereço para { $organisation }
mail-change-text =
    Olá,

    alguém, provavelmente você, quer que { $organisation } passe a escrever para este endereço. Se está certo, confirme aqui:

    { $link }

    A ligação funciona uma só vez, durante 30 minutos. Se não a pediu, não precisa de fazer nada.
mail-changed-subject = O seu endereço em { $organisation } foi alterado
mail-changed-text =
    Olá,

    { $organisation } passa a escrever para outro endereço, como foi pedido na sua conta. Se não foi você, responda a esta mensagem.
mail-erased-subject = Os seus dados em { $organisation } foram apagados
mail-erased-text =
    Olá,

    { $organisation } apaga o que guarda sobre si, como pediu.

    Recibo: { $number }
    Data: { $date }

    Fica um código cifrado do seu endereço, pelo qual sabemos que não devemos voltar a escrever-lhe. Só se alguém escrever o seu endereço num dos nossos formulários lhe perguntamos por e-mail se foi você.

account-intro = Isto é o que { $organisation } guarda sobre si.
account-ends = Este navegador é esquecido ao fim de 30 minutos sem uso e, em qualquer caso, ao fim de quatro horas.
leave-account = Fechar a minha conta neste navegador
closed-title = Fechada
closed-text = A sua conta está fechada neste navegador.
said-saved = Guardado.
said-nothing = Nada foi alterado.
said-confirm = Enviámos uma ligação para o novo endereço. O endereço muda quando a ligação for usada.
said-blocked = Guardado. Mesmo assim não lhe é enviado correio, porque o seu endereço está bloqueado.
said-wrong = Nada foi alterado: { $problem }
said-wait = Nada foi alterado. Algo que disse antes ainda está a ser guardado; tente novamente dentro de um minuto.
open-in = { $count ->
    [one] A sua conta está aberta num navegador.
   *[other] A sua conta está aberta em { $count } navegadores.
}

profile = Perfil
address = Endereço
known-since = Guardado desde
changed-at = Última alteração
correct = Corrigir
correct-hint = Esvazie um campo para remover o seu valor.
save = Guardar
new-address = Novo endereço de e-mail
new-address-hint = Enviamos uma ligação para o novo endereço. É válido quando tiver usado a ligação.
change-address = Alterar o meu endereço

topics = O que recebe
topics-hint = Assinale o que quer receber. Tem efeito imediato.
subscribed = subscrito
unsubscribed = não subscrito
pending = não confirmado
unsubscribe-all = Cancelar tudo
blocked = Não é enviado correio para o seu endereço desde { $date }. Motivo: { $reason }
reason-unsubscribed = cancelou tudo
reason-hard-bounce = o correio volta definitivamente
reason-complaint = uma mensagem foi denunciada como indesejada
reason-manual = uma decisão nossa

tracking = O que é registado quando lê
tracked = Vemos quando abre uma das nossas mensagens e que ligações segue nela.
untracked = Não registamos quando abre uma mensagem nem que ligações segue.
untracked-all = Não registamos de ninguém quando uma mensagem é aberta nem que ligações são seguidas.
stop-tracking = Deixar de registar
stop-and-forget = Deixar de registar e esquecer o que se sabe
allow-tracking = Permitir
forgetting = O que fez até agora está a ser removido.

consents = O que aceitou
granted = aceite
withdrawn = retirado
everything = tudo
about-tracking = registar o que lê
notice = aviso { $version }
basis-consent = o seu consentimento
basis-contract = um contrato consigo
basis-customer = é cliente
basis-other = outro motivo
basis-not-stated = motivo não indicado
by-one-click = um clique no seu programa de correio
by-page = a página por trás da ligação de uma mensagem
by-account = esta conta
by-request = um pedido que nos foi feito
by-elsewhere = tinha cancelado noutro sítio
by-hard-bounce = o correio volta definitivamente
by-complaint = uma mensagem foi denunciada como indesejada
by-not-confirmed = não confirmado a tempo
by-reconfirmation = confirmado de novo
by-operator = uma decisão nossa

mails = Mensagens para si
single-mails = Outras mensagens para si
state-queued = aguarda envio
state-sent = enviada
state-failed = não foi possível entregar
state-suppressed = não enviada: não a quer
state-paused = não enviada: tinha feito uma pausa
state-capped = não enviada: já tinha recebido mensagens suficientes nossas
state-skipped = não enviada: não foi possível prepará-la
state-in-doubt = talvez enviada
viewed = vista
clicked = clique em: { $links }
nothing-recorded = nada registado
not-kept = o que fez com ela já não é guardado
left-by-it = cancelado por ela

hits = Visualizações e cliques
hits-hint = As mais recentes. O ficheiro para descarregar tem todas as que estão guardadas.
a-view = vista
a-click = clique
class-person = uma pessoa
class-proxied = muito provavelmente uma pessoa
class-unknown = uma pessoa ou um programa
class-machine = um programa, não você

browsers = Navegadores
browsers-hint = Nestes navegadores foram seguidas ligações de mensagens para si.
browser-number = Navegador { $id }
browser-clicks = { $count ->
    [one] 1 clique
   *[other] { $count } cliques
}
cut = Não é meu: separar
cut-browsers = Navegadores que separou
tags = Etiquetas
changes = Alterações dos seus dados
changed-from-to = { $before } → { $after }
changed-by-you = o próprio
changed-by-import = uma lista importada
changed-by-us = nós
other-traces = Outros
test-copies = Cópias de mensagens de teste com os seus dados
networks = Redes que pediram a sua mensagem em menos de um minuto, guardadas uma semana
kept-removals = O que disse antes de estar registado aqui

disclosures = Quem recebeu os seus dados
disclosures-hint = Cada vez que dados seus saíram do nosso sistema num ficheiro ou foram lidos por um programa: quando, a quem, porquê e quais.
disclosed-us = nós próprios
shared-own-use = uso próprio
shared-law = lei e direitos
shared-service = alguém que nos ajuda
shared-sale = venda da empresa
shared-bureau = um relatório a uma autoridade de exportação
shared-request = o seu próprio pedido
shared-sharing = partilha com outros
requests = Pergunte-nos
requests-hint = O que não puder fazer aqui, pode pedir-nos. Respondemos no prazo de um mês.
request-kind = De que se trata
kind-access = Uma cópia ou explicação dos meus dados
kind-correction = Uma correção
kind-erasure = O apagamento
kind-objection = Uma oposição
kind-question = Uma pergunta
request-text = As suas palavras
request-send = Enviar
said-asked = O seu pedido chegou. Respondemos o mais tardar até { $date }.
said-asked-often = Tem vários pedidos em aberto. Aguarde primeiro a resposta a um deles.
request-open = aberto
request-answered = respondido
request-refused = recusado
request-withdrawn = retirado
request-due = a responder até { $date }

mail-request-subject = O seu pedido a { $organisation }
mail-request-received =
    Olá,

    { $organisation } recebeu o seu pedido: { $kind }.

    Respondemos o mais tardar até { $date }. Se não pediu nada, responda a esta mensagem.
mail-request-extended =
    Olá,

    o seu pedido a { $organisation } demora mais tempo: { $kind }.

    Porquê: { $reason }

    Respondemos o mais tardar até { $date }.
mail-request-answered =
    Olá,

    { $organisation } respondeu ao seu pedido: { $kind }.

    { $outcome }
mail-request-refused =
    Olá,

    { $organisation } não pode fazer o que pediu: { $kind }.

    { $outcome }

    Pode apresentar reclamação à autoridade de proteção de dados do lugar onde vive.

download = Descarregar
download-hint = Tudo o que está nesta página, e todas as suas visualizações e cliques.
download-page = Página para ler
download-json = JSON, para programas
download-csv = Tabelas (CSV)
download-rest = Há mais visualizações e cliques do que cabem num ficheiro: a parte seguinte

erase = Apagar os meus dados
erase-hint = Isto apaga o seu endereço, perfil, subscrições, consentimentos, mensagens, navegadores e o que está registado das suas visualizações e cliques. Ficam um código cifrado do seu endereço, para que nenhuma lista o traga de volta, e números que não nomeiam ninguém. Não pode ser anulado.
erase-button = Apagar tudo sobre mim
erase-sure-title = Apagar tudo sobre si?
erase-cancel = Não, voltar
erased-title = Os seus dados foram apagados
erased-text = { $organisation } já não guarda nada sobre si, exceto um código cifrado do seu endereço, pelo qual sabemos que não devemos voltar a escrever-lhe. Visualizações e cliques perdem o seu nome em pouco tempo; as cópias de segurança desaparecem a seu tempo.
erased-receipt = Recibo { $number }, { $date }
erased-mailed = Este recibo também lhe foi enviado por e-mail.

leave-title = Deixar de receber estes e-mails?
leave-text = Vai cancelar a subscrição de { $address } em { $topic } de { $organisation }. Tem efeito imediato, mesmo para o correio que está a ser enviado agora.
leave-outage = De momento não podemos consultar a sua subscrição, mas pode cancelá-la: o seu pedido é guardado de imediato e tem efeito antes de se enviar mais alguma coisa.
leave-button = Cancelar a subscrição
leave-topic = Cancelar a subscrição de { $topic }
left-everything = Cancelou tudo
left-topic = Cancelou a subscrição de { $topic }
left-everything-text = { $organisation } não enviará mais correio para { $address }.
left-topic-text = { $address } não receberá mais { $topic } de { $organisation }.
return = Subscrever de novo
return-topic = Subscrever { $topic } de novo
returned = Está subscrito de novo
returned-text = { $address } recebe de novo { $topic } de { $organisation }.
returned-blocked = Ainda não lhe podemos escrever
returned-blocked-text = Subscreveu { $topic } de novo, mas { $address } está bloqueado por outro motivo: { $reason }. Escreva a { $organisation } para mudar isso.
foot-recorded = O que é registado de si
foot-privacy = Perguntas sobre privacidade:
foot-choose = Escolher o que recebe
foot-cookie = O cookie deste navegador
foot-account = Enviar-me uma ligação para todos os meus dados
track-title = Deixar de me seguir?
track-title-off = Não está a ser seguido
track-text = { $organisation } pode ver quando { $address } abre uma das suas mensagens e que ligações são seguidas nela. Isto ajuda a escrever mensagens que se querem ler.
track-stop = Deixar de me seguir
track-stop-text = Continua a receber as mesmas mensagens. As novas não têm píxel, e as suas ligações levam diretamente aonde dizem.
track-off-text = { $organisation } não regista quando { $address } abre uma mensagem nem que ligações são seguidas nela.
track-allow-text = Se o permitir, { $organisation } pode ver quando abre uma mensagem e que ligações segue. Pode retirar isso aqui a qualquer momento.
track-forget = Esquecer o que se sabia antes
track-none-text = { $organisation } não regista de ninguém quando uma mensagem é aberta nem que ligações são seguidas nela.
track-stopped = Guardado. Vale a partir de agora, também para as mensagens que já tem.
track-forgotten = Guardado. Vale a partir de agora, também para as mensagens que já tem. O que abriu e seguiu até agora já não está ligado a si: os nossos totais ficam e não nomeiam ninguém.
track-allowed = Guardado. Obrigado.

choose-title = O que recebe de { $organisation }
choose-text = Isto vale para { $address }. Assinale o que quer receber; tem efeito imediato, mesmo para mensagens que estão a ser enviadas agora.
choose-language = A sua língua
choose-language-none = como diz o seu navegador
choose-blocked = As mensagens para este endereço estão bloqueadas, por isso nada pode ser acrescentado aqui.
pause = Uma pausa
pause-hint = Durante uma pausa não recebe novidades nossas. As mensagens sobre os seus próprios dados e as respostas a si continuam a chegar. O que enviarmos entretanto não lhe é enviado mais tarde.
pause-none = Sem pausa
pause-keep = Em pausa até { $date }: deixar assim
pause-end = Terminar a pausa agora
pause-week = Por uma semana
pause-month = Por um mês
pause-quarter = Por três meses
pause-date = Até este dia
pause-wrong = Escolha um dia depois de hoje, dentro de um ano.
sharing = Partilha dos seus dados com outros
sharing-hint = Isto é o que anunciámos. Os dados de quem diz não não são partilhados; tem efeito imediato.
sharing-to = A { $recipient }, para: { $purpose }. A partir de { $date }.
sharing-none = Atualmente nada é partilhado.
sharing-allow = Os meus dados podem ser partilhados como anunciado

join-topics = O que gostaria de receber?
join-choose = Escolha
join-yes = Sim
join-no = Não
join-optional = opcional
join-birth = Quando nasceu?
join-birth-month = Mês
join-birth-year = Ano
join-button = Inscrever-se
join-trap = Deixe este campo vazio
join-missing = Preencha este campo.
join-no-topic = Escolha pelo menos um.
join-wrong-value = Isto não serve aqui. Veja o exemplo.
join-wrong-birth = Escolha um mês e escreva o ano com quatro algarismos.
join-hint-number = Um número, como 12.5
join-hint-date = Ano, mês, dia: 1990-12-31
join-hint-language = Uma língua, como de ou pt-BR
join-hint-zone = Um fuso horário, como Europe/Vienna
join-problems = Ainda nada foi enviado. Veja os campos marcados.
join-press-title = Mais um passo
join-press-text = Carregue no botão, para sabermos que não foi um programa que preencheu o formulário.
join-press-button = Sim, inscrevam-me
join-sent-text = { $organisation } envia-lhe uma mensagem com uma ligação. Ficará inscrito quando a tiver usado, até { $date }.
join-sent-hint = Não chegou nada ao fim de alguns minutos? Veja entre o correio indesejado e verifique como o endereço está escrito. É enviada no máximo uma destas mensagens por hora e três por dia.
join-limited-text = Vieram muitos formulários da sua rede, ou muitas pessoas se estão a inscrever. Tente de novo dentro de { $minutes } minutos.
join-closed-title = Este formulário está fechado
join-closed-text = { $organisation } não inscreve ninguém por este formulário neste momento.
join-none-title = Este formulário não existe
join-none-text = O endereço pode estar incompleto, ou o formulário foi retirado.
join-child-title = Obrigado pelo seu interesse
join-child-text = Não podemos inscrevê-lo, e não guardámos nada do que escreveu.
join-confirm-title = Inscrever-se?
join-confirm-text = { $organisation } vai escrever para { $address }: { $topics }
join-confirm-button = Sim, inscrevam-me
join-gone-text = Uma ligação serve uma vez e só durante alguns dias. Pode preencher o formulário de novo.
join-done-title = Está inscrito
join-done-text = { $organisation } escreve a partir de agora para { $address }: { $topics }
join-blocked-text = O correio para { $address } está bloqueado, por isso nada foi alterado. Escreva a { $organisation } para o alterar.
mail-join-subject = Confirme, por favor: correio de { $organisation }
mail-join-text =
    Olá,

    alguém, provavelmente você, quer receber de { $organisation }: { $topics }

    Se está certo, confirme aqui:

    { $link }

    A ligação serve uma vez, até { $date }. Se não pediu isto, não há nada a fazer: não receberá nada.
waiting-joins = Formulários que não confirmou
by-form = o formulário { $form }
reconfirm-title = Quer continuar a receber isto?
reconfirm-text = { $organisation } continuaria a escrever para { $address }: { $topics }
reconfirm-button = Sim, continuem
reconfirm-done-title = Obrigado
mail-reconfirm-subject = Ainda quer receber { $topics }?
mail-reconfirm-text =
    Olá,

    recebe isto de { $organisation }: { $topics }

    Se ainda o quer, confirme-o aqui:

    { $link }

    Até { $date }. Sem confirmação deixamos de lho enviar; com a ligação pode voltar atrás mais tarde. Se já não o quer, não tem de fazer nada.
