package switchyard

# Each message says what to do next. Built with concat: sprintf is not native to the compiled form and costs a call out.

reasons(_, _, grants) := [reason |
	some grant in grants
	grant.effect == "deny"
	reason := {
		"code": "denied_by_grant",
		"message": concat("", [
			"a grant denies ",
			address(grant.server, grant.tool),
			" to ",
			subject_words(grant),
			"; an admin changes it on the Grants page",
		]),
	}
] if {
	any_of("deny", grants)
}

reasons(_, _, grants) := [reason |
	some grant in grants
	reason := {
		"code": "granted",
		"message": concat("", [subject_words(grant), " may use ", address(grant.server, grant.tool)]),
	}
] if {
	effect(grants) == "allow"
}

reasons(server, tool, grants) := [{
	"code": "no_grant",
	"message": concat("", [
		"no grant lets ",
		caller_words,
		" use ",
		address(server, tool),
		"; an admin grants it on the Grants page",
	]),
}] if {
	count(input.subjects) > 0
	not any_of("allow", grants)
	not any_of("deny", grants)
}

reasons(_, _, _) := [{
	"code": "no_subject",
	"message": "the product itself may not use tools; call on behalf of a member or an API key",
}] if {
	count(input.subjects) == 0
}

shadow_reason(server, tool) := {
	"code": "shadow_read_only",
	"message": concat("", [
		address(server, tool),
		" does not say that it only reads, so a shadow or comparison run may not call it",
	]),
}

shadow_approval_reason(server, tool) := {
	"code": "shadow_approval",
	"message": concat("", [
		address(server, tool),
		" needs a person's approval, and nobody is asked for a shadow or comparison run",
	]),
}

rule_reason(rule) := {
	"code": "denied_by_rule",
	"message": concat("", ["the rule ", rule.name, " forbids this call: ", reason_of(rule)]),
}

reason_of(rule) := rule.reason if {
	rule.reason != ""
} else := "it gives no reason; an admin changes it on the Grants page"

address(server, tool) := concat(".", [server, tool])

caller_words := concat("", ["API key ", input.principal.name]) if {
	input.principal.kind == "key"
} else := concat(" or ", [concat(" ", [subject.kind, subject.name]) | some subject in input.subjects])

subject_words(grant) := concat("", ["API key ", input.principal.name]) if {
	grant.subjectKind == "key"
} else := "API keys" if {
	grant.subject == "api_key"
} else := concat(" ", [grant.subjectKind, grant.subject])
