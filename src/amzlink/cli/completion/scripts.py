"""What each shell runs when Tab is pressed after `amzlink`.

The first line of the answer says whether `words` follow, or the shell is to complete `files` or `folders` itself.
Whatever goes wrong is silent: nobody wants an error in the middle of a line that is being typed.
"""

from collections.abc import Mapping
from typing import Final

# Bash breaks words at `=` too: $2 is the part after it, which alone is replaced. Bash 3 of macOS lacks `compopt`.
_BASH: Final = r"""
_amzlink_completion() {
    local kind='' line
    COMPREPLY=()
    while IFS= read -r line; do
        if [ -z "$kind" ]; then kind=$line; else COMPREPLY+=("$line"); fi
    done < <("${1/#\~/$HOME}" --complete bash "$2" "${COMP_LINE:0:$COMP_POINT}" 2>/dev/null </dev/null)
    case $kind in
        files) compopt -o default 2>/dev/null ;;
        folders) compopt -o dirnames 2>/dev/null ;;
    esac
    case "${#COMPREPLY[@]} ${COMPREPLY[0]}" in
        1\ *=) compopt -o nospace 2>/dev/null ;;
    esac
}
complete -F _amzlink_completion amzlink
"""

_ZSH: Final = r"""
_amzlink() {
    local line
    local -a lines whole open
    lines=("${(@f)$(${~words[1]} --complete zsh "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null </dev/null)}")
    case $lines[1] in
        files) _files; return ;;
        folders) _files -/; return ;;
    esac
    for line in "${(@)lines[2,-1]}"; do
        if [[ ${line%%:*} == *= ]]; then open+=("$line"); else whole+=("$line"); fi
    done
    (( $#open )) && _describe amzlink open -S ''
    (( $#whole )) && _describe amzlink whole
}
"""
_ZSH_AT_ITS_START: Final = r"""
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit -i }
compdef _amzlink amzlink
"""

_FISH: Final = r"""
function __amzlink_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l program $words[1]
    set -e words[1]
    set -l lines ($program --complete fish $words "$current" 2>/dev/null </dev/null)
    switch "$lines[1]"
        case files
            __fish_complete_path "$current"
        case folders
            __fish_complete_directories "$current"
        case words
            set -e lines[1]
            test (count $lines) -gt 0; and printf '%s\n' $lines
    end
end
complete -c amzlink -f -a '(__amzlink_complete)'
"""

_FOR: Final = "# Completion of amzlink for {}\n"

SCRIPTS: Final[Mapping[str, str]] = {
    shell: _FOR.format(shell) + text.lstrip()
    for shell, text in (("bash", _BASH), ("zsh", _ZSH.rstrip() + _ZSH_AT_ITS_START), ("fish", _FISH))
}
"""By shell: what is read when the shell starts."""

PACKAGED: Final[Mapping[str, str]] = {
    "bash-completion/completions/amzlink": SCRIPTS["bash"],
    # Zsh finds it by its first line, and calls the whole file as the function of its name.
    "zsh/site-functions/_amzlink": f'#compdef amzlink\n{_FOR.format("zsh")}{_ZSH.lstrip()}_amzlink "$@"\n',
    "fish/vendor_completions.d/amzlink.fish": SCRIPTS["fish"],
}
"""By its place below `share`: what a package brings, so that the shell finds it by itself."""
