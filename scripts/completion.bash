# Tab completes keys, choices and experiments behind `python -m src.train`: source scripts/completion.bash
# Hydra completes programs and files alone, so it is asked as if there were a file.
_perceptron_lab() {
    local line=${COMP_LINE:0:COMP_POINT}
    [[ $line =~ ^[[:space:]]*([^[:space:]]*python[0-9.]*)[[:space:]]+-m[[:space:]]+src\.train[[:space:]](.*)$ ]] || return
    local python=${BASH_REMATCH[1]} typed=${BASH_REMATCH[2]} arguments word
    word=${typed##*[[:space:]]}
    arguments=$(printf '%s' "$typed" | sed -E 's/(^|[[:space:]])(-m|--multirun)([[:space:]]|$)/ /g')
    local choices
    choices=$(COMP_LINE="python train.py ${arguments# }" "$python" -m src.train -sc query=bash 2>/dev/null)
    mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$word")
}
COMP_WORDBREAKS=${COMP_WORDBREAKS//=/}
complete -o nospace -o default -o bashdefault -F _perceptron_lab python python3
