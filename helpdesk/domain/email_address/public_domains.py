"""Mail domains in which anybody can have an address. Never proof of belonging to an organization."""

# Names that exist under many country endings: hotmail.fr, yahoo.co.uk, gmx.at.
DOMAIN_FAMILIES = (
    "yahoo",
    "ymail",
    "rocketmail",
    "hotmail",
    "outlook",
    "live",
    "msn",
    "gmx",
    "yandex",
    "aol",
    "protonmail",
    "tutanota",
)

_NAMES = """
    gmail.com googlemail.com icloud.com me.com mac.com passport.com windowslive.com ymail.com
    rocketmail.com aim.com verizon.net att.net sbcglobal.net bellsouth.net comcast.net cox.net
    charter.net earthlink.net juno.com netzero.net optonline.net roadrunner.com rr.com frontier.com
    frontiernet.net windstream.net centurylink.net q.com mindspring.com suddenlink.net proton.me pm.me
    protonmail.ch tutanota.com tuta.com tuta.io tutamail.com keemail.me zoho.com zohomail.com
    zohomail.eu fastmail.com fastmail.fm fastmail.net sent.com hey.com duck.com hushmail.com mailbox.org
    posteo.de posteo.net posteo.eu runbox.com startmail.com disroot.org riseup.net kolabnow.com
    mailfence.com mail.com email.com usa.com europe.com consultant.com engineer.com post.com
    cheerful.com iname.com writeme.com inbox.com lycos.com excite.com rediffmail.com sify.com
    indiatimes.com web.de freenet.de t-online.de arcor.de online.de mail.de email.de vodafone.de
    kabelmail.de 1und1.de o2online.de bluewin.ch sunrise.ch hispeed.ch chello.at aon.at orange.fr
    wanadoo.fr free.fr laposte.net sfr.fr neuf.fr bbox.fr numericable.fr club-internet.fr voila.fr
    libero.it virgilio.it tiscali.it alice.it tin.it tim.it fastwebnet.it iol.it inwind.it tiscalinet.it
    telefonica.net terra.es ya.com ono.com movistar.es sapo.pt clix.pt bt.com btinternet.com
    btopenworld.com sky.com talktalk.net virginmedia.com virgin.net ntlworld.com blueyonder.co.uk
    tiscali.co.uk o2.co.uk eircom.net ziggo.nl kpnmail.nl planet.nl hetnet.nl home.nl xs4all.nl
    casema.nl upcmail.nl telenet.be skynet.be proximus.be online.no telia.com spray.se bredband.net
    comhem.se mail.dk jubii.dk kolumbus.fi suomi24.fi seznam.cz email.cz centrum.cz post.cz volny.cz
    azet.sk zoznam.sk centrum.sk wp.pl o2.pl onet.pl onet.eu interia.pl op.pl tlen.pl gazeta.pl
    poczta.fm freemail.hu citromail.hu indamail.hu abv.bg mail.bg inbox.lv inbox.lt mail.ee mail.ru
    bk.ru inbox.ru list.ru internet.ru rambler.ru lenta.ru ro.ru ya.ru ukr.net i.ua meta.ua bigmir.net
    tut.by qq.com foxmail.com 163.com 126.com yeah.net sina.com sina.cn sohu.com tom.com 139.com 189.cn
    wo.cn aliyun.com 21cn.com naver.com daum.net hanmail.net nate.com kakao.com docomo.ne.jp ezweb.ne.jp
    softbank.ne.jp i.softbank.jp nifty.com biglobe.ne.jp so-net.ne.jp ocn.ne.jp bigpond.com
    bigpond.net.au optusnet.com.au iinet.net.au tpg.com.au xtra.co.nz slingshot.co.nz shaw.ca rogers.com
    sympatico.ca telus.net videotron.ca bell.net uol.com.br bol.com.br terra.com.br ig.com.br globo.com
    globomail.com r7.com oi.com.br zipmail.com.br prodigy.net.mx fibertel.com.ar arnet.com.ar
    speedy.com.ar ciudad.com.ar mweb.co.za telkomsa.net vodamail.co.za webmail.co.za walla.com
    walla.co.il netvision.net.il mailinator.com guerrillamail.com guerrillamail.info sharklasers.com
    10minutemail.com yopmail.com yopmail.fr trashmail.com trashmail.de temp-mail.org tempmail.com
    throwawaymail.com maildrop.cc getnada.com dispostable.com mintemail.com moakt.com spamgourmet.com
    mailnesia.com fakeinbox.com burnermail.io simplelogin.com anonaddy.com mozmail.com
    privaterelay.appleid.com users.noreply.github.com
"""

PUBLIC_DOMAINS = frozenset(_NAMES.split())
