#include "cli.h"

#include <assent/ai/prompt.h>
#include <assent/base/identity.h>
#include <assent/base/zone.h>
#include <assent/mail/compose.h>
#include <assent/rules/rules.h>

/* The templates of every locale that a mail can be written in, a site's own included. */
static void
check_locale(const struct settings *settings, const char *locale, struct str *out)
{
	struct err err = { 0 };
	const char *site = settings->policy.site_dir;

	if (compose_check(site, locale, &err) < 0)
		str_addf(out, "%s%s%s\n", site, *site ? "/" : "", err.text);
	if (form_words_check(site, locale, &err) < 0)
		str_addf(out, "%s%s%s\n", site, *site ? "/" : "", err.text);
}

static const char *
locale_at(const struct policy *policy, size_t i)
{
	if (i == 0)
		return policy->locale;
	i--;
	if (i < policy->organisation_count)
		return policy->organisations[i].locale;
	i -= policy->organisation_count;
	return i < policy->staff_count ? policy->staff[i].locale
				       : policy->roles[i - policy->staff_count].locale;
}

static bool
is_seen(const struct policy *policy, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (text_is(locale_at(policy, k), locale_at(policy, i)))
			return true;
	return false;
}

static void
check_templates(const struct settings *settings, struct str *out)
{
	const struct policy *policy = &settings->policy;
	size_t n = 1 + policy->organisation_count + policy->staff_count + policy->role_count;

	for (size_t i = 0; i < n; i++)
		if (locale_at(policy, i)[0] != '\0' && !is_seen(policy, i))
			check_locale(settings, locale_at(policy, i), out);
}

static void
check_prompts(const struct settings *settings, struct str *out)
{
	struct err err = { 0 };
	const char *site = settings->policy.site_dir;

	if (prompt_check(site, &err) < 0)
		str_addf(out, "%s%s%s\n", site, *site ? "/" : "", err.text);
}

struct rule_lines {
	const char *site;
	struct str *out;
};

static void
add_rule_fault(void *arg, const char *file, const struct fault *fault)
{
	const struct rule_lines *lines = arg;

	str_addf(lines->out, "%s%s%s:%d:%d: %s", lines->site, *lines->site ? "/" : "", file,
	    fault->line, fault->column, fault->message);
	if (fault->meant)
		str_addf(lines->out, " (did you mean '%s'?)", fault->meant);
	str_add_char(lines->out, '\n');
}

static void
check_rules(const struct settings *settings, struct str *out)
{
	struct rule_lines lines = { settings->policy.site_dir, out };
	const struct rules_source how = { .fault = add_rule_fault, .arg = &lines };
	AUTO(rules_unrefp) struct rules *rules = NULL;
	struct err err;
	size_t before = out->len;

	/* What is no fault of a file: one that cannot be read, or too many of them. */
	if (rules_load_site(&settings->policy, &how, &rules, &err) < 0 && out->len == before)
		str_addf(out, "%s\n", err.text);
}

/* No fault to the daemon, which sends unsigned then. */
static void
check_identity(const struct settings *settings, struct str *out)
{
	const struct identity *identity = settings->smime.identity;

	if (identity == NULL || identity_until(identity) > clock_now())
		return;
	str_addf(out, "%s: the certificate ended at ", settings->smime.cert_file);
	utc_add_iso(out, identity_until(identity));
	str_add(out, ", so mails go out unsigned\n");
}

const cli_check_fn cli_checks[] = { check_templates, check_prompts, check_rules, check_identity,
	NULL };
