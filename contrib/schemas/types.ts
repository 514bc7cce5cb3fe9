/*
 * What one text costs on the wire: the requests that assentd may send and the
 * answers that it reads, out of the makers' own types. Left out is what it never
 * asks for, so that a request with tools, files or sound is refused.
 */
import type {
	ChatCompletion,
	ChatCompletionAssistantMessageParam,
	ChatCompletionChunk,
	ChatCompletionContentPartText,
	ChatCompletionSystemMessageParam,
	ChatCompletionUserMessageParam,
} from 'openai/resources/chat/completions';
import type { ChatCompletionCreateParamsBase } from 'openai/resources/chat/completions/completions';
import type { ErrorObject } from 'openai/resources/shared';
import type { ErrorResponse } from '@anthropic-ai/sdk/resources/shared';
import type {
	InputJSONDelta,
	Message,
	MessageCreateParamsBase,
	MessageParam,
	RawContentBlockDeltaEvent,
	RawContentBlockStartEvent,
	RawContentBlockStopEvent,
	RawMessageDeltaEvent,
	RawMessageStartEvent,
	RawMessageStopEvent,
	RedactedThinkingBlock,
	SignatureDelta,
	TextBlock,
	TextBlockParam,
	TextDelta,
	ThinkingBlock,
	ThinkingDelta,
	ToolUseBlock,
} from '@anthropic-ai/sdk/resources/messages/messages';

type But<T, Changed> = Omit<T, keyof Changed> & Changed;

// --- openai ---------------------------------------------------------------------

type OpenaiText = { content: string | Pick<ChatCompletionContentPartText, 'type' | 'text'>[] };

type OpenaiTurn =
	| But<ChatCompletionSystemMessageParam, OpenaiText>
	| But<ChatCompletionUserMessageParam, OpenaiText>
	| But<Pick<ChatCompletionAssistantMessageParam, 'role' | 'content'>, OpenaiText>;

export type OpenaiRequest = But<
	Pick<
		ChatCompletionCreateParamsBase,
		| 'model'
		| 'stream'
		| 'stream_options'
		| 'max_tokens'
		| 'max_completion_tokens'
		| 'temperature'
	>,
	{ messages: OpenaiTurn[] }
>;

export type OpenaiAnswer = ChatCompletion;

export type OpenaiEvent = ChatCompletionChunk;

export type OpenaiError = { error: ErrorObject };

// --- anthropic ------------------------------------------------------------------

type AnthropicText = Omit<TextBlockParam, 'citations'>;

type AnthropicTurn = But<MessageParam, { content: string | AnthropicText[] }>;

export type AnthropicRequest = But<
	Pick<MessageCreateParamsBase, 'model' | 'stream' | 'max_tokens'>,
	{ system?: string | AnthropicText[]; messages: AnthropicTurn[] }
>;

type AnthropicBlock =
	| But<TextBlock, { citations: null }>
	| ThinkingBlock
	| RedactedThinkingBlock
	| ToolUseBlock;

export type AnthropicAnswer = But<Message, { content: AnthropicBlock[] }>;

export type AnthropicEvent =
	| But<RawMessageStartEvent, { message: AnthropicAnswer }>
	| RawMessageDeltaEvent
	| RawMessageStopEvent
	| But<RawContentBlockStartEvent, { content_block: AnthropicBlock }>
	| But<
			RawContentBlockDeltaEvent,
			{ delta: TextDelta | InputJSONDelta | ThinkingDelta | SignatureDelta }
	  >
	| RawContentBlockStopEvent;

export type AnthropicError = ErrorResponse;
