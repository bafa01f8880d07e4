package switchyard

# Rules and what they oblige to. A rule that cannot be looked at whole (arguments too large, a value of another type than
# the condition compares, a time zone that the host did not tell) counts as one that applies: it only ever takes back.

# Only what grants allow is worth a look: most calls of most tenants end here.
rules_on(grants) := [] if {
	effect(grants) == "deny"
} else := [rule |
	some server in {input.server, any_name}
	some tool in {input.tool, any_name}
	some rule in data.tenant.rules[server][tool]
	applies(rule)
]

applies(rule) if {
	concerns(rule.subjects)
	arm_fits(rule.when.arms)
	time_fits(rule.when.times)
	arguments_fit(rule.when.arguments)
}

concerns(subjects) if count(subjects) == 0

concerns(subjects) if {
	some subject in subjects
	some mine in input.subjects
	subject.kind == mine.kind
	subject.name == mine.name
}

arm_fits(arms) if count(arms) == 0

arm_fits(arms) if input.arm in arms

time_fits(times) if times == null

time_fits(times) if {
	times != null
	not input.local[times.zone]
}

time_fits(times) if {
	times != null
	input.local[times.zone]
	within(times, input.local[times.zone]) == times.outside == false
}

default within(_, _) := false

# From noon to eight in the morning is over midnight; the day is that on which it is now.
within(times, now) if {
	now.day in times.days
	times.from <= times.to
	now.minute >= times.from
	now.minute < times.to
}

within(times, now) if {
	now.day in times.days
	times.from > times.to
	not between(now.minute, times.to, times.from)
}

between(minute, from, to) if {
	minute >= from
	minute < to
}

# What a call will be given is not known before it is made.
arguments_fit(conditions) if count(conditions) == 0

arguments_fit(conditions) if {
	count(conditions) > 0
	input.purpose == "call"
	every condition in conditions {
		holds(condition)
	}
}

holds(_) if input.argumentsOmitted == true

holds(condition) if {
	some value in values(condition.path)
	compares(condition.op, value, condition.value)
}

holds(condition) if {
	condition.op in {"ne", "not_in", "absent"}
	count(values(condition.path)) == 0
}

holds(condition) if {
	condition.op == "present"
	count(values(condition.path)) > 0
}

# A part of a path is a name, or `*` for every member of a list or an object.
values(path) := [value |
	[place, value] := walk(input.arguments)
	count(place) == count(path)
	every at, part in path {
		part_fits(part, place[at])
	}
]

part_fits("*", _)

part_fits(part, found) if part == found

compares("eq", value, wanted) if value == wanted

compares("ne", value, wanted) if value != wanted

compares("in", value, wanted) if value in wanted

compares("not_in", value, wanted) if not value in wanted

compares("gt", value, wanted) if value > wanted

compares("gte", value, wanted) if value >= wanted

compares("lt", value, wanted) if value < wanted

compares("lte", value, wanted) if value <= wanted

compares(op, value, wanted) if {
	op in {"gt", "gte", "lt", "lte"}
	type_name(value) != type_name(wanted)
}

compares("contains", value, wanted) if contains(lower(value), lower(wanted))

compares("starts_with", value, wanted) if startswith(lower(value), lower(wanted))

compares(op, value, _) if {
	op in {"contains", "starts_with"}
	not is_string(value)
}

# What stands for private data, such as [EMAIL_1], tells nothing of it. (No regular expression: it doubles the module.)
compares(op, value, _) if {
	op in {"eq", "in", "contains", "starts_with"}
	is_string(value)
	contains(value, "[")
	contains(value, "_")
	contains(value, "]")
}

obligations(rules) := {
	"maskFields": [field | some field in {field | some rule in rules; some field in rule.effect.maskFields}],
	"rowCap": least({rule.effect.rowCap | some rule in rules; rule.effect.rowCap != null}),
	"callCap": least({rule.effect.callCap | some rule in rules; rule.effect.callCap != null}),
	"approval": approval([rule | some rule in rules; rule.effect.approval != null]),
}

least(numbers) := min(numbers) if {
	count(numbers) > 0
} else := null

approval(rules) := {
	"persons": max([rule.effect.approval.persons | some rule in rules]),
	"minutes": min([rule.effect.approval.minutes | some rule in rules]),
	"reasons": [reason_of(rule) | some rule in rules],
} if {
	count(rules) > 0
} else := null
