# SPDX-License-Identifier: ISC
#
# Makes the completions of one program for one shell from the output of --help.
#
#   awk -v shell=bash|zsh|fish -v program=NAME -f completions.awk HELP...
#
# Each HELP is a file with one such output; the file of a subcommand is named
# PROGRAM-SUBCOMMAND.help.

BEGIN {
	sub_count = count = 0
}

FNR == 1 {
	name = FILENAME
	sub(/.*\//, "", name)
	sub(/\.help$/, "", name)
	command = name == program ? "" : substr(name, length(program) + 2)
}

# "  -c, --count=N    stop after N messages"
/^ +(-[A-Za-z0-9], )?--[a-z]/ {
	line = $0
	sub(/^ +/, "", line)
	letter = ""
	if (line ~ /^-[A-Za-z0-9],/) {
		letter = substr(line, 2, 1)
		sub(/^[^ ]+ /, "", line)
	}
	at = index(line " ", " ")
	option = substr(line, 3, at - 3)
	about = substr(line, at)
	sub(/^ +/, "", about)
	argument = ""
	if (at = index(option, "=")) {
		argument = substr(option, at + 1)
		option = substr(option, 1, at - 1)
		sub(/\]$/, "", argument)
	}
	sub(/\[$/, "", option)
	commands[count] = command
	letters[count] = letter
	options[count] = option
	arguments[count] = argument
	abouts[count++] = about
	next
}

# "  ping   measure round trips": a subcommand, in the program's own help
command == "" && /^  [a-z]+  +[^ ]/ {
	subs[sub_count] = $1
	about = $0
	sub(/^ +[a-z]+ +/, "", about)
	sub_abouts[sub_count++] = about
}

# Whether the argument is a file, a choice of words, or anything else.
function kind(argument) {
	if (argument ~ /FILE|PATH|DIR/)
		return "file"
	return argument ~ /^[a-z0-9-]+(\|[a-z0-9-]+)+$/ ? "words" : "any"
}

function words(argument) {
	gsub(/\|/, " ", argument)
	return argument
}

# Whether the operands of the subcommand are files; otherwise they are hosts.
function takes_files(subcommand) {
	return subcommand == "compare"
}

# ---- bash -------------------------------------------------------------------

function bash_list(subcommand, i, list) {
	for (i = 0; i < count; i++)
		if (commands[i] == subcommand) {
			if (letters[i] != "")
				list = list " -" letters[i]
			list = list " --" options[i] (arguments[i] != "" ? "=" : "")
		}
	return substr(list, 2)
}

function bash(i, seen, names) {
	names = ""
	for (i = 0; i < sub_count; i++)
		names = names (i ? " " : "") subs[i]
	print "# bash completion for " program "; made from its --help"
	print ""
	print "_" program "() {"
	print "\tlocal word=$2 before=$3 line=$COMP_LINE options"
	print "\t# In \"--option=value\", bash takes the = for a word."
	print "\t[[ $word != = ]] || word="
	print "\t[[ $before != = ]] || before=${COMP_WORDS[COMP_CWORD - 2]}"
	print "\tCOMPREPLY=()"
	print "\tcase $before in"
	for (i = 0; i < count; i++) {
		if (kind(arguments[i]) == "any" || (options[i] in seen))
			continue
		seen[options[i]] = 1
		printf "\t%s--%s)\n\t\tmapfile -t COMPREPLY < <(compgen %s -- \"$word\")\n\t\treturn\n\t\t;;\n", \
		    letters[i] != "" ? "-" letters[i] " | " : "", options[i], \
		    kind(arguments[i]) == "file" ? "-f" : "-W '" words(arguments[i]) "'"
	}
	print "\tesac"
	print "\tcase $line in"
	for (i = 0; i < sub_count; i++)
		printf "\t*\" %s \"*) options='%s' ;;\n", subs[i], bash_list(subs[i])
	printf "\t*) options='%s' ;;\n", bash_list(sub_count ? "ping" : "")
	print "\tesac"
	if (sub_count) {
		print "\tif [[ $word != -* ]]; then"
		print "\t\tcase $line in"
		for (i = 0; i < sub_count; i++)
			if (takes_files(subs[i]))
				printf "\t\t*\" %s \"*)\n\t\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n\t\t\treturn\n\t\t\t;;\n", subs[i]
		print "\t\tesac"
		print "\t\tmapfile -t COMPREPLY < <("
		print "\t\t\tcompgen -A hostname -- \"$word\""
		print "\t\t\t[[ $COMP_CWORD != 1 ]] || compgen -W '" names "' -- \"$word\""
		print "\t\t)"
		print "\t\treturn"
		print "\tfi"
	}
	print "\tmapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$word\")"
	print "\t[[ ${COMPREPLY[0]-} != *= ]] || compopt -o nospace"
	print "}"
	print ""
	print "complete -F _" program " " program
}

# ---- zsh --------------------------------------------------------------------

function zsh_text(text) {
	gsub(/\[|\]|:|\\/, "\\\\&", text)
	gsub(/'/, "'\\''", text)
	return text
}

function zsh_action(argument) {
	if (kind(argument) == "file")
		return "_files"
	return kind(argument) == "words" ? "(" words(argument) ")" : " "
}

function zsh_list(subcommand, i, value) {
	for (i = 0; i < count; i++) {
		if (commands[i] != subcommand)
			continue
		value = arguments[i] == "" ? "" : \
		    ":" zsh_text(arguments[i]) ":" zsh_action(arguments[i])
		if (letters[i] != "")
			printf "\t\t'-%s[%s]%s' \\\n", letters[i], zsh_text(abouts[i]), value
		printf "\t\t'--%s%s[%s]%s' \\\n", options[i], value != "" ? "=" : "", \
		    zsh_text(abouts[i]), value
	}
}

function zsh(i) {
	print "#compdef " program
	print "# zsh completion for " program "; made from its --help"
	print ""
	if (!sub_count) {
		print "_arguments -s \\"
		zsh_list("")
		print "\t\t&& return"
		return
	}
	print "local -a subcommands=("
	for (i = 0; i < sub_count; i++)
		printf "\t'%s:%s'\n", subs[i], zsh_text(sub_abouts[i])
	print ")"
	print "local subcommand=ping"
	print "if (( CURRENT > 2 )) && [[ -n ${subcommands[(r)$words[2]:*]} ]]; then"
	print "\tsubcommand=$words[2]"
	print "\tshift words"
	print "\t(( CURRENT-- ))"
	print "elif (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then"
	print "\t_describe subcommand subcommands"
	print "fi"
	print "case $subcommand in"
	for (i = 0; i < sub_count; i++) {
		print subs[i] ")"
		print "\t_arguments -s \\"
		zsh_list(subs[i])
		printf "\t\t'*:%s'\n\t;;\n", takes_files(subs[i]) ? "report:_files" : "host:_hosts"
	}
	print "esac"
}

# ---- fish -------------------------------------------------------------------

function fish_text(text) {
	gsub(/[\\']/, "\\\\&", text)
	return text
}

function fish_value(argument) {
	if (argument == "")
		return ""
	if (kind(argument) == "file")
		return " -r -F"
	return kind(argument) == "words" ? " -x -a '" words(argument) "'" : " -x"
}

function fish(i, when, names) {
	print "# fish completion for " program "; made from its --help"
	print ""
	print "complete -c " program " -f"
	for (i = 0; i < sub_count; i++)
		names = names " " subs[i]
	for (i = 0; i < sub_count; i++) {
		printf "complete -c %s -n __fish_use_subcommand -a %s -d '%s'\n", \
		    program, subs[i], fish_text(sub_abouts[i])
		if (takes_files(subs[i]))
			printf "complete -c %s -n '__fish_seen_subcommand_from %s' -F\n", program, subs[i]
		else
			printf "complete -c %s -n '__fish_seen_subcommand_from %s' -a '(__fish_print_hostnames)'\n", program, subs[i]
	}
	for (i = 0; i < count; i++) {
		if (sub_count && commands[i] == "")
			continue
		when = sub_count ? sprintf(" -n '__fish_seen_subcommand_from %s'", commands[i]) : ""
		if (commands[i] == "ping")
			when = sprintf(" -n '__fish_seen_subcommand_from ping; or not __fish_seen_subcommand_from%s'", names)
		printf "complete -c %s%s%s -l %s%s -d '%s'\n", program, when, \
		    letters[i] != "" ? " -s " letters[i] : "", options[i], \
		    fish_value(arguments[i]), fish_text(abouts[i])
	}
}

END {
	if (shell == "bash")
		bash()
	else if (shell == "zsh")
		zsh()
	else
		fish()
}
