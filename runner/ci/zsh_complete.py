"""What zsh offers for a command line: zsh_complete.py FILE LINE. FILE is the completion function, LINE is completed at its end."""

import os
import pty
import re
import select
import sys
import time

MARK = "=-=-=-="

# Every candidate goes through compadd, which here tells what matches and adds nothing.
SETUP = r"""
PS1=; PS2=; unsetopt zle_bracketed_paste 2>/dev/null; setopt no_beep
fpath=({folder} $fpath); autoload -Uz compinit; compinit -u -D
zstyle ':completion:*' completer _complete
compadd () {{
	if [[ ${{@[1,(i)(-|--)]}} == *-(O|A|D)\ * ]]; then builtin compadd "$@"; return $?; fi
	typeset -a __hits
	builtin compadd -A __hits "$@"
	setopt localoptions norcexpandparam extendedglob
	typeset -A apre
	zparseopts -E P:=apre p:=apre S:=asuf s:=asuf f=file 2>/dev/null
	for i in $__hits; do print -r -- "{mark}hit:${{i}}$([[ -d $i && -n $file ]] && print /)"; done
}}
finish () {{ print -r -- "{mark}end"; zle kill-whole-line; }}
zle -N finish
complete-and-finish () {{ print; zle list-choices; zle finish; }}
zle -N complete-and-finish
bindkey '^I' complete-and-finish
print "{mark}ready"
"""


def read_until(fd, word, seconds=20):
    """Everything that comes, until a line says the word or time is up."""
    text, end = "", time.monotonic() + seconds
    while word not in text.replace("'" + word, "") and time.monotonic() < end:
        if select.select([fd], [], [], 0.2)[0]:
            try:
                text += os.read(fd, 65536).decode(errors="replace")
            except OSError:
                break
    return text


def main():
    function, line = sys.argv[1:]
    folder = os.path.dirname(os.path.realpath(function))
    pid, fd = pty.fork()
    if pid == 0:
        os.environ.update(TERM="dumb", ZDOTDIR="/nonexistent")
        os.execvp("zsh", ["zsh", "-f", "-i"])
    setup = os.path.join(folder, "zsh-setup")
    with open(setup, "w", encoding="utf-8") as out:
        out.write(SETUP.format(folder=folder, mark=MARK))
    os.write(fd, f" source {setup}\n".encode())
    read_until(fd, MARK + "ready")
    os.write(fd, line.encode() + b"\t")
    text = read_until(fd, MARK + "end")
    os.close(fd)
    os.waitpid(pid, 0)
    for hit in re.findall(re.escape(MARK) + r"hit:([^\r\n]*)", text):
        print(hit.replace("\\", ""))


main()
