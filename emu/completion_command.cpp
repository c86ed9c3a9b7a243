#include "emu/completion_command.h"

#include <iostream>

#include "emu/run_options.h"
#include "emu/session.h"

namespace emu {

namespace {

constexpr const char* kBash = R"sh(# platter completion for bash: eval "$(platter completion bash)"
_platter() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} verb=() options=
  [[ ${COMP_WORDS[1]} != -* && $COMP_CWORD -gt 1 ]] && verb=("${COMP_WORDS[1]}")
  [[ ${COMP_WORDS[1]} == image && $COMP_CWORD -gt 2 ]] && verb+=("${COMP_WORDS[2]}")
  if [[ $cur == -* ]]; then
    options=$("${COMP_WORDS[0]}" "${verb[@]}" --help 2>/dev/null |
      grep -oE -- '(^|[ ,])--[a-z][a-z-]*' | tr -d ' ,' | sort -u)
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
    return
  fi
  if [[ $COMP_CWORD == 1 ]]; then options="run test image config record-to-lua completion"; fi
  if [[ $COMP_CWORD == 2 ]]; then
    case $prev in
      image) options=$("${COMP_WORDS[0]}" image --help 2>/dev/null | sed -nE 's/^ +([a-z]+) .*/\1/p' | sort -u) ;;
      config) options="show check" ;;
      completion) options="bash zsh fish" ;;
    esac
  fi
  mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur"; compgen -f -- "$cur")
}
complete -o filenames -F _platter platter
)sh";

constexpr const char* kZsh = R"sh(# platter completion for zsh: eval "$(platter completion zsh)"
autoload -Uz bashcompinit && bashcompinit
)sh";

constexpr const char* kFish = R"sh(# platter completion for fish: platter completion fish | source
function __platter_options
  set -l words (commandline -opc)
  set -l verb $words[2]
  if test "$words[2]" = image; set verb $words[2..3]; end
  if string match -q -- '-*' "$verb[1]"; set verb; end
  platter $verb --help 2>/dev/null | string match -ra -- '(?<![\w-])--[a-z][a-z-]*' | sort -u
end
complete -c platter -n 'test (count (commandline -opc)) -eq 1' -a 'run test image config record-to-lua completion'
complete -c platter -n '__fish_seen_subcommand_from config' -a 'show check'
complete -c platter -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'
complete -c platter -n 'string match -q -- "-*" (commandline -ct)' -a '(__platter_options)'
)sh";

}  // namespace

int run_completion_command(std::span<const std::string> arguments) {
  const std::string shell = arguments.size() == 1 ? arguments.front() : "";
  if (shell == "bash") {
    std::cout << kBash;
  } else if (shell == "zsh") {
    std::cout << kZsh << kBash;
  } else if (shell == "fish") {
    std::cout << kFish;
  } else {
    throw UsageError("platter completion is followed by bash, zsh or fish");
  }
  return kExitOk;
}

}  // namespace emu
