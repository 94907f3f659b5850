/**
 * @module
 * The templates of a group, filled in for its devices.
 */
import type { Random } from '../../random.js';
import type { ClientIdentity } from '../clients/client.js';
import type { Group } from '../scenario/scenario.js';
import { compileTemplate, type Template, type TemplateContext } from '../scenario/template.js';

/** A context that is filled in anew for each message. */
export type MessageContext = { -readonly [K in keyof TemplateContext]: TemplateContext[K] };

/** Certificate and key are paths here. */
export class GroupTemplates {
  readonly topic: Template;
  readonly #group: Group;
  readonly #id: Template;
  readonly #subscribe: readonly Template[];
  readonly #username: Template | undefined;
  readonly #password: Template | undefined;
  readonly #certificate: Template | undefined;
  readonly #key: Template | undefined;
  readonly #willTopic: Template | undefined;
  readonly #willPayload: Template | undefined;

  constructor(group: Group) {
    const { credentials, will } = group;
    this.#group = group;
    this.topic = compileTemplate(group.topic);
    this.#id = compileTemplate(group.id);
    this.#subscribe = group.subscribe.map((text) => compileTemplate(text));
    this.#username = optional(credentials.username);
    this.#password = optional(credentials.password);
    this.#certificate = optional(credentials.certificate);
    this.#key = optional(credentials.key);
    this.#willTopic = optional(will?.topic);
    this.#willPayload = optional(will?.payload);
  }

  context(index: number, id: string, random: Random): MessageContext {
    const { name, identities } = this.#group;
    const columns = identities.length === 0 ? {} : identities[index % identities.length]!;
    return { id, index, group: name, seq: 0, nowMs: 0, random, columns };
  }

  /** Who a device is. */
  identity(index: number, random: Random): ClientIdentity {
    const drawn = random.split('identity');
    const { columns } = this.context(index, '', drawn);
    const id = this.#id.render(this.context(index, columns['id'] ?? '', drawn));
    const context = this.context(index, id, drawn);
    const group = this.#group;
    const { will } = group;
    return {
      id,
      username: this.#username?.render(context),
      password: this.#password?.render(context),
      certificate: this.#certificate?.render(context),
      key: this.#key?.render(context),
      will:
        will === undefined
          ? undefined
          : { ...will, topic: this.#willTopic!.render(context), payload: this.#willPayload!.render(context) },
      path: group.target.protocol === 'websocket' ? this.topic.render(context) : undefined,
      subscribe: this.#subscribe.map((template) => template.render(context)),
    };
  }
}

const optional = (text: string | undefined): Template | undefined =>
  text === undefined ? undefined : compileTemplate(text);
