/*
 * Hold requests to the schemas that FOLDER has, by a validator that is not ours:
 *   node ajv.mjs FOLDER <[{"api": "openai", "body": {}}, …]
 * prints, for each, the list of what is wrong with it.
 */
import { readFileSync } from 'node:fs';
import Ajv from 'ajv';

const folder = process.argv[2];
const ajv = new Ajv({ strict: true, strictTypes: false, allowUnionTypes: true });
const validators = {};

function validatorOf(api) {
	validators[api] ??= ajv.compile(
		JSON.parse(readFileSync(`${folder}/${api}-request.json`, 'utf8')));
	return validators[api];
}

const faults = JSON.parse(readFileSync(0, 'utf8')).map(({ api, body }) => {
	const validate = validatorOf(api);
	return validate(body) ? [] : validate.errors.map((e) => `${e.instancePath} ${e.message}`);
});
process.stdout.write(JSON.stringify(faults));
