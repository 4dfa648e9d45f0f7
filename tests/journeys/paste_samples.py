"""What people paste, each one small: code, logs and paths, which stay as they are, and text."""

CODE = [
    "2026-11-04 10:00:01 INFO started\n2026-11-04 10:00:02 ERROR *boom*",
    "[main]: started\n[worker]: stopped",
    "Nov  4 10:00:01 host sshd[123]: Failed password\nNov  4 10:00:02 host sshd[124]: ok",
    "10:00:01.123 [main] DEBUG a.b.C - hi",
    '10.0.0.1 - - [04/Nov/2026:10:00:01 +0000] "GET / HTTP/1.1" 200 12',
    'Traceback (most recent call last):\n  File "a.py", line 1, in <module>\n    x()\nValueError: *x*',
    "java.lang.NullPointerException: x\n\tat a.b.C.d(C.java:1)\n\tat a.b.E.<init>(E.java:2)",
    "TypeError: x is not a function\n    at Object.<anonymous> (/a/b.js:1:2)",
    "panic: runtime error\n\ngoroutine 1 [running]:\nmain.main()\n\t/tmp/x.go:3 +0x1",
    "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b",
    "SELECT *\nFROM users u\nWHERE u.name LIKE '%_x_%'\nORDER BY 1",
    "C:\\Users\\_dana_\\*.txt",
    "C:\\Program Files\\_app_\\bin\\x.exe",
    "/var/log/_app_/*.log",
    "\\\\server\\share\\_x_",
    "2*3*4",
    "a = b*c*d + e**2",
    '{\n  "a": "*b*",\n  "c": [1, 2]\n}',
    "services:\n  web:\n    image: a_b\n    ports:\n      - 80:80",
    "[section]\nkey=value_a_b\nother=*",
    '<div>\n  <p class="x">hi</p>\n</div>',
    "def f(x):\n    return x*2*3\n\nfor a in b:\n    print(a)",
    "const a = 1;\nfunction f() {\n  return a * 2;\n}",
    "$ curl -s https://a.b/x_y_z \\\n  -H 'A: b'",
    ">>> 2*3*4\n24",
    "^(?:a|b)*\\d+\\.\\*$",
    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
    "id,name,value\n1,a_b,*\n2,c_d,_",
    "drwxr-xr-x 2 root root 4096 Nov  4 10:00 a_b\n-rw-r--r-- 1 root root 0 Nov  4 10:00 c_d",
    "C:\\Users\\dana\\AppData\\Local\\Temp\\*.log",
    "\\\\fileserver\\share$\\_archive_\\2026",
    "/etc/nginx/sites-enabled/*_*.conf",
    "~/.config/app_name/__init__.py",
    "src/**/*.test.ts",
    "%APPDATA%\\app_x\\*_old_*",
    "$HOME/.cache/_tmp_/*",
    "a*b + c*d = 12",
    "10**3 + 2**4",
    "__init__.py",
    "=A1*B1*C1",
    '=SUMIF(A:A;"*x*";B:B)*2*C1',
    "SELECT * FROM users WHERE name LIKE '%_test_%' AND id*2*3 > 4;",
    "select u.id, u.*\nfrom users u\n  join orders o on o.user_id = u.id\nwhere o.total * 2 * 3 > 10;",
    "select count(*), sum(a*b) from orders where a_b = '*'",
    "UPDATE orders\nSET total = price*qty*1.19\nWHERE id IN (1, 2);",
    (
        "diff --git a/a_b.py b/a_b.py\nindex 1111111..2222222 100644\n--- a/a_b.py\n+++ b/a_b.py\n@@ -1,2 "
        "+1,2 @@\n-x = a*b*c\n+x = a * b\n y = 1"
    ),
    "-x = a*b*c\n+x = a * b\n y = 1",
    "- timeout: 30\n+ timeout: 60",
    "@@ -10,3 +10,3 @@ def f():\n     a\n-    b\n+    c",
    (
        'Traceback (most recent call last):\n  File "/srv/app/__main__.py", line 3, in <module>\n    '
        "main()\nKeyError: '_id_'"
    ),
    (
        'Exception in thread "main" java.lang.IllegalStateException: *x*\n\tat '
        "com.example.A.<init>(A.java:10)\n\t... 3 more\nCaused by: java.io.IOException: no\n\tat "
        "com.example.B.b(B.java:1)"
    ),
    (
        "Uncaught TypeError: Cannot read properties of undefined (reading '_x_')\n    at "
        "HTMLButtonElement.<anonymous> (app.js:10:5)\n    at app.js:1:1"
    ),
    (
        "panic: runtime error: index out of range [5] with length 3\n\ngoroutine 1 [running]:\n"
        "main.main()\n\t/tmp/main.go:8 +0x1d\nexit status 2"
    ),
    (
        "thread 'main' panicked at src/main.rs:4:5:\nindex out of bounds: the len is 3 but the index is "
        "99\nnote: run with `RUST_BACKTRACE=1` environment variable to display a backtrace"
    ),
    (
        "System.NullReferenceException: Object reference not set to an instance of an object.\n   at "
        "Shop.Cart.Add(String item_id) in C:\\src\\Shop\\Cart.cs:line 12\n   at Shop.Program.Main(String[] "
        "args)"
    ),
    (
        "PHP Fatal error:  Uncaught Error: Call to undefined function a_b() in /var/www/x.php:3\nStack "
        "trace:\n#0 {main}\n  thrown in /var/www/x.php on line 3"
    ),
    "app.rb:3:in `divide': divided by 0 (ZeroDivisionError)\n\tfrom app.rb:7:in `<main>'",
    '203.0.113.7 - dana [04/Nov/2026:10:00:01 +0000] "GET /a_b_c?x=*&y=* HTTP/1.1" 404 12 "-" "Mozilla/5.0"',
    (
        "Nov  4 10:00:01 web1 kernel: [12345.678] Out of memory: Killed process 123 (_app_)\nNov  4 "
        "10:00:02 web1 sshd[1]: *ok*"
    ),
    "2026-11-04T10:00:01.123Z INFO [worker-1] *started* job_id=_1_",
    '{"level":"info","msg":"*a*","user_id":"_1_"}\n{"level":"warn","msg":"b"}',
    "WARN  c.e.shop.Cart - *retry* 1\nINFO  c.e.shop.Cart - done",
    (
        "Log Name:      Application\nSource:        Application Error\nEvent ID:      1000\nLevel:         "
        "Error\nDescription:\nFaulting application name: app_x.exe"
    ),
    (
        "NAME                    READY   STATUS             RESTARTS   AGE\nweb-5d8f-abcde          0/1    "
        " CrashLoopBackOff   12         3h\ndb-0                    1/1     Running            0          "
        "3d"
    ),
    (
        "USER       PID %CPU %MEM COMMAND\nroot         1  0.0  0.1 /sbin/init\ndana      1234 12.5  3.0 "
        "python __main__.py"
    ),
    (
        "Filesystem      Size  Used Avail Use% Mounted on\n/dev/sda1        50G   48G  2.0G  97% /\ntmpfs  "
        "         3.9G     0  3.9G   0% /dev/shm"
    ),
    "total 8\ndrwxr-xr-x 2 dana dana 4096 Nov  4 10:00 _old_\n-rw-r--r-- 1 dana dana   12 Nov  4 10:00 a_b.txt",
    (
        "PING example.com (203.0.113.7) 56(84) bytes of data.\n64 bytes from 203.0.113.7: icmp_seq=1 "
        "ttl=56 time=11.6 ms\n64 bytes from 203.0.113.7: icmp_seq=2 ttl=56 time=11.7 ms\n\n--- example.com "
        "ping statistics ---\n2 packets transmitted, 2 received, 0% packet loss"
    ),
    (
        " 1  192.168.0.1 (192.168.0.1)  1.123 ms  1.010 ms  0.998 ms\n 2  * * *\n 3  203.0.113.7 "
        "(203.0.113.7)  11.1 ms  11.2 ms  11.0 ms"
    ),
    (
        "* Connected to example.com (203.0.113.7) port 443\n> GET /a_b HTTP/1.1\n> Host: example.com\n>\n< "
        "HTTP/1.1 500 Internal Server Error\n< Content-Type: text/html"
    ),
    "HTTP/1.1 502 Bad Gateway\nServer: nginx\nContent-Type: text/html\nX-Request-Id: _a_b_",
    '{\n  "name": "a_b",\n  "tags": ["*x*", "y"],\n  "n": 1\n}',
    '{"a": "*b*", "c_d": "_e_"}',
    '<?xml version="1.0"?>\n<order id="1">\n  <item>*x*</item>\n</order>',
    '<div class="a_b">*x*</div>',
    "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a_b\nspec:\n  containers:\n    - name: x\n      image: y:1",
    '[tool.ruff]\nline-length = 120\nselect = ["E", "F"]',
    "DATABASE_URL=postgresql://u:p@db/x_y\nDEBUG=1\nSECRET_KEY=*abc*def_",
    "id;name;price\n1;a_b;2,50\n2;c*d*;3,00",
    "id\tname\tprice\n1\ta_b_\t2\n2\t*c*\t3",
    "+----+-------+\n| id | name  |\n+----+-------+\n|  1 | a_b   |\n+----+-------+",
    ".\n├── __init__.py\n├── a_b\n│   └── *.txt\n└── README.md",
    ('FROM python:3.12\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\nCMD ["python", "__main__.py"]'),
    "build:\n\tgcc -o app *.c\n\nclean:\n\trm -f *.o app",
    "0 3 * * * root /opt/x/run.sh\n*/10 * * * * root /opt/y.sh",
    "^\\d{3}-\\[a-z\\]*\\.\\w+$",
    '#!/bin/bash\n# stop everything\nset -e\nfor f in *.log; do\n  rm "$f"\ndone',
    "# stop it\nsudo systemctl stop app\n# start it\nsudo systemctl start app",
    "# compute it\nx = a*b*c\n# print it\nprint(x)",
    "def area(r):\n    return 3.14*r**2\n\nprint(area(2)*3*4)",
    "#include <stdio.h>\n\nint main(void) {\n    char *a, *b;\n    return a*b*2;\n}",
    "char *a, *b; int **c = &d;",
    "std::vector<std::string> *v = new std::vector<std::string>();",
    ".a_b > *:not(.c) {\n  color: #fff;\n  margin: 0 *;\n}",
    "const f = async (a, b) => {\n  await g(a*b*2);\n};",
    "rows[i](x) = cells[j](y);",
    "Get-ChildItem -Path C:\\_data_ -Filter *.log | Remove-Item",
    (
        "PS C:\\Users\\dana> Get-Service *sql*\n\nStatus   Name               DisplayName\n------   ----   "
        "            -----------\nRunning  MSSQLSERVER        SQL Server"
    ),
    (
        "C:\\Users\\dana>dir *.txt\n Volume in drive C is OS\n Directory of C:\\Users\\dana\n04.11.2026  "
        "10:00    <DIR>          .\n               1 File(s)             12 bytes"
    ),
    'ORA-06512: at "APP_X.PKG_*Y*", line 12\nORA-00942: table or view does not exist',
    "ERROR 1064 (42000): You have an error in your SQL syntax near '*' at line 1",
    "npm ERR! code ERESOLVE\nnpm ERR! ERESOLVE unable to resolve dependency tree\nnpm ERR! Found: react_x@18.0.0",
    "$ pip install a_b_c==*\nERROR: Could not find a version that satisfies the requirement a_b_c",
    (
        "00000000  7f 45 4c 46 02 01 01 00  00 00 00 00 00 00 00 00  |.ELF............|\n00000010  03 00 "
        "3e 00 01 00 00 00  |..>.....|"
    ),
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA_\n-----END RSA PRIVATE KEY-----",
    "* 1a2b3c4 (HEAD -> main) Fix _x_\n* 2b3c4d5 Add a_b\n|\\\n| * 3c4d5e6 Try *y*",
    "On branch main\nChanges not staged for commit:\n\tmodified:   a_b/__init__.py\n\tmodified:   *.md",
    "\\frac{a_1}{b_2} \\cdot \\left\\{ x^2 \\right\\}",
    "CN=dana_x\\,admin,OU=_it_,DC=example,DC=com",
    "¯\\_(ツ)_/¯",
    "requests>=2.31,<3.0\nflask~=3.0\nsqlalchemy[asyncio]==2.0.*",
    "; comment\n[mysqld]\nmax_connections = 100\nsql_mode = *",
    "server {\n    listen 80;\n    location ~ \\.php$ {\n        return 404;\n    }\n}",
    'Sub Test()\n    Range("A1").Value = 2*3*4\nEnd Sub',
    "query {\n  user(id: 1) {\n    first_name\n  }\n}",
    "{{ user.first_name }} {% if a*b*c %}x{% endif %}",
    "tar --exclude=*.log --exclude=*.tmp -czf _backup_.tgz .",
]
TEXT = [
    "| Driver    | Alias     |\n|-----------|-----------|\n| MariaDB   | my        |",
    "```\na = 1;\nb = 2;\nc();\n```",
    "1. See [the_list](https://a.example/?a=b_c): 保存を押す`a=*b*`。**注意**",
    "Hello Dana,\n\nthe oven burns since noon. Please help!\n\nBest,\nEllen",
    "Select a plan from the list; then update it.",
    "- one\n- two\n- three",
    "# Title\n\nSome *text* with **bold**.",
    "https://a.example/x_y_z",
    "> he said\n> she said",
    "Globex GmbH\nMain Street 12\n12345 Berlin\nPhone: +49 30 123",
    "12345",
    "snake_case_name",
    "```\ncode();\n```",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "Guten Tag,\n\nbitte prüfen Sie (wie besprochen) die Rechnung: Nr. 12.\nDanke!",
    "お世話になっております。\n保存を押すとエラーになります。",
    "10:00 Meeting\n11:00 Lunch",
    "This is *very* important to us and we want it fixed.",
    "It costs 3 * 4 = 12 dollars.",
    "ERROR happens when I press save. What now?",
    "Name: Dana\nCity: Berlin\nProblem: it burns when it is on",
    "Hello Dana,\n\nthe export stops at 80 %. Can you look?\n\nKind regards\nEllen",
    "- one\n- two",
    "1. Open the page\n2. Press save\n3. See the error",
    "• one\n• two\n• three",
    "Globex GmbH\nMain Street 12\n12345 Berlin",
    "Name: Dana\nPhone: +49 30 1234567\nE-mail: dana@example.com",
    "https://a.example/x_y_z?q=1&r=2",
    "Please set max_upload_size and user_name.",
    "It costs 3 * 4 = 12 and 5 * 6 = 30.",
    "The files *.docx and *.xlsx fail.",
    "If 3 < 5 & 7 > 2 then fine.",
    "#123 is broken, see also #124.",
    "We use >=1.2 and <2.0 of it.",
    "Dana: hi\nBen: hello, all fine?\nDana: no",
    "# Steps\n\nDo *this* and **that** with `x`.",
    "> It does not work.\n> Really.",
    "Sehr geehrte Damen und Herren,\nunser Zugang (Nr. 12) funktioniert nicht.\nMit freundlichen Grüßen",
    "ログインできません。\n確認をお願いします。",
    "10:00 Start\n10:30 Coffee\n12:00 Lunch",
    "04.11.2026 - Call with Dana\n05.11.2026 - Invoice",
    "Total: $1,200.00 (incl. 19 % VAT)",
    "I get the message: Error 500, internal server error.",
    "From: Dana\nSent: Monday\nTo: Support\nSubject: Broken export",
    "Dana, Ben, Ellen\nMaya, Tom, Eve",
    "Select the file from the list and update it.",
    "With best wishes from Berlin",
    "Import from Excel fails; export works.",
    "Set up went fine.\nFrom now on it hangs.",
    "See the manual[1] and the note*.\n\n* valid until May",
    "Why? When? Who (and how)?",
    "Great ;-) thanks :)",
    "We tried this;\nwe tried that;\nnothing helps.",
    "2026. That was the year.",
    "Your code is 123-456.",
    "a) first\nb) second",
]
