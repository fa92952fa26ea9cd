"""A person at a terminal: runs a command on one and answers its questions. Arguments: a JSON list of [question, answer] pairs, then the
command. Prints what stood on the terminal; ends as the command did. Each question is waited for before its answer is typed."""

import json
import os
import pty
import sys

exchanges, command = json.loads(sys.argv[1]), sys.argv[2:]
child, terminal = pty.fork()
if child == 0:
    os.execvp(command[0], command)
shown, seen = "", 0
while True:
    try:
        chunk = os.read(terminal, 65536)
    except OSError:
        break
    if not chunk:
        break
    shown += chunk.decode("utf-8", "replace")
    while exchanges and exchanges[0][0] in shown[seen:]:
        question, answer = exchanges.pop(0)
        seen = shown.index(question, seen) + len(question)
        os.write(terminal, f"{answer}\r".encode())
sys.stdout.write(shown)
sys.stdout.flush()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
