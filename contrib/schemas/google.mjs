/*
 * JSON schemas out of protocol buffers, as https://protobuf.dev/programming-guides/json/
 * maps them: only the messages and fields of KEPT.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import protobuf from 'protobufjs';

const SERVICE = 'google.ai.generativelanguage.v1beta.GenerativeService';

/* Fields by message: what one text is asked for and told by. */
const KEPT = {
	GenerateContentRequest: ['model', 'systemInstruction', 'contents', 'safetySettings',
		'generationConfig'],
	SafetySetting: ['category', 'threshold'],
	GenerationConfig: ['candidateCount', 'stopSequences', 'maxOutputTokens', 'temperature',
		'topP', 'topK', 'responseMimeType', 'thinkingConfig'],
	ThinkingConfig: ['includeThoughts', 'thinkingBudget'],
	Content: ['parts', 'role'],
	Part: ['text', 'thought', 'thoughtSignature', 'functionCall'],
	FunctionCall: ['id', 'name', 'args'],
	GenerateContentResponse: ['candidates', 'promptFeedback', 'usageMetadata', 'modelVersion',
		'responseId'],
	Candidate: ['index', 'content', 'finishReason', 'finishMessage', 'safetyRatings', 'tokenCount',
		'avgLogprobs'],
	SafetyRating: ['category', 'probability', 'blocked'],
	PromptFeedback: ['blockReason', 'safetyRatings'],
	UsageMetadata: ['promptTokenCount', 'cachedContentTokenCount', 'candidatesTokenCount',
		'thoughtsTokenCount', 'totalTokenCount', 'promptTokensDetails', 'cacheTokensDetails',
		'candidatesTokensDetails', 'toolUsePromptTokenCount'],
	Status: ['code', 'message', 'details'],
	ModalityTokenCount: ['modality', 'tokenCount'],
};

const NOT_ASKED_FOR = ['functionCall', 'thoughtSignature']; /* of a Part in a request */

const INTEGER = { type: 'integer', minimum: -(2 ** 31), maximum: 2 ** 31 - 1 };
const LONG = { anyOf: [{ type: 'integer' }, { type: 'string', pattern: '^-?[0-9]+$' }] };
const REAL = { anyOf: [{ type: 'number' }, { enum: ['NaN', 'Infinity', '-Infinity'] }] };
const SCALARS = {
	string: { type: 'string' },
	bool: { type: 'boolean' },
	bytes: { type: 'string', pattern: '^[A-Za-z0-9+/_-]*={0,2}$' },
	int32: INTEGER,
	uint32: { type: 'integer', minimum: 0, maximum: 2 ** 32 - 1 },
	int64: LONG,
	float: REAL,
	double: REAL,
};
const WELL_KNOWN = {
	'google.protobuf.Struct': { type: 'object' },
	'google.protobuf.Any': {
		type: 'object',
		properties: { '@type': { type: 'string' } },
		required: ['@type'],
	},
};

function load(modules) {
	const roots = ['@google-ai/generativelanguage', 'google-gax'].map((name) =>
		join(modules, name, 'build/protos'));
	const root = new protobuf.Root();
	root.resolvePath = (_, file) =>
		roots.map((r) => join(r, file)).find((f) => existsSync(f)) ??
		protobuf.util.path.resolve('', file);
	root.loadSync(['google/ai/generativelanguage/v1beta/generative_service.proto',
		'google/rpc/status.proto', 'google/rpc/code.proto']);
	return root.resolveAll();
}

function isRequired(field) {
	return [field.options?.['(google.api.field_behavior)']].flat().includes('REQUIRED');
}

function schemaOfField(field, without) {
	const type = field.resolvedType;
	const one = !type ? SCALARS[field.type]
		: WELL_KNOWN[type.fullName.slice(1)] ??
			(type instanceof protobuf.Enum ? { enum: Object.keys(type.values) }
				: schemaOfMessage(type, without));
	if (!one) throw new Error(`${field.fullName}: ${field.type} is not known here`);
	return field.repeated ? { type: 'array', items: one } : one;
}

/* At most one of a oneof may be given. */
function choiceOf(oneof, names) {
	const among = oneof.fieldsArray.map((f) => f.name).filter((n) => names.includes(n));
	if (among.length < 2) return [];
	return among.flatMap((a, i) => among.slice(i + 1).map((b) => ({ not: { required: [a, b] } })));
}

function schemaOfMessage(message, without) {
	const kept = KEPT[message.name];
	if (!kept) throw new Error(`${message.fullName} is not in KEPT`);
	const missing = kept.filter((name) => !message.fields[name]);
	if (missing.length) throw new Error(`${message.fullName} has no ${missing}`);
	const names = kept.filter((name) => !without.includes(name));
	const fields = names.map((name) => message.fields[name].resolve());
	const required = fields.filter(isRequired).map((f) => f.name);
	const never = message.oneofsArray.flatMap((o) => choiceOf(o, names));
	return {
		type: 'object',
		properties: Object.fromEntries(fields.map((f) => [f.name, schemaOfField(f, without)])),
		...(required.length && { required }),
		additionalProperties: false,
		...(never.length && { allOf: never }),
	};
}

/* Each field of a request that stands in its address: "/v1beta/{model=models/*}:…". */
function inPath(method) {
	const rule = method.parsedOptions.map((o) => o['(google.api.http)']).find(Boolean);
	return [...rule.post.matchAll(/\{(\w+)=/g)].map((m) => m[1]);
}

/* google.rpc.Status with its code also by name, as https://cloud.google.com/apis/design/errors has it. */
function schemaOfError(root) {
	const error = schemaOfMessage(root.lookupType('google.rpc.Status'), []);
	error.properties.status = { enum: Object.keys(root.lookupEnum('google.rpc.Code').values) };
	error.required = ['code', 'message', 'status'];
	return {
		type: 'object',
		properties: { error },
		required: ['error'],
		additionalProperties: false,
	};
}

export function googleSchemas(modules) {
	const root = load(modules);
	const { GenerateContent: whole, StreamGenerateContent: stream } =
		root.lookupService(SERVICE).methods;
	const asked = [whole, stream].map((m) =>
		JSON.stringify(schemaOfMessage(m.resolve().resolvedRequestType,
			[...NOT_ASKED_FOR, ...inPath(m)])));
	if (asked[0] !== asked[1] || whole.resolvedResponseType !== stream.resolvedResponseType)
		throw new Error('a stream is no longer asked for as a whole answer is');
	return {
		'gemini-request.json': JSON.parse(asked[0]),
		'gemini-answer.json': schemaOfMessage(whole.resolvedResponseType, []),
		'gemini-error.json': schemaOfError(root),
	};
}
