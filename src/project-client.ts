import type { CredentialsInput, Credentials } from './contract/credentials.js';
import type { AttributionEvent, ParsedEvent, UtmPolicy } from './contract/event.js';
import type { RegionCode } from './contract/regions.js';
import type { Delivery } from './delivery/delivery.js';
import { ValidationError } from './errors.js';
import type { SendOptions } from './call-options.js';
import type { Project, Sender } from './sender.js';

/**
 * A client's hand on one CleverTap project. It shares the client's connections, limits and counters and costs next to
 * nothing: thousands are normal, and there is nothing to close.
 */
export class ProjectClient<Policy extends UtmPolicy = 'all'> {
  readonly #sender: Sender;
  readonly #project: Project;

  /** @internal Made by `AttributionClient.project`. */
  constructor(sender: Sender, project: Project) {
    this.#sender = sender;
    this.#project = project;
  }

  /** Project ID. */
  get projectId(): string {
    return this.#project.projectId;
  }

  /** Code of the region that requests go to. */
  get region(): RegionCode {
    return this.#project.access.endpoint.region;
  }

  /** Host that requests go to. */
  get host(): string {
    return this.#project.access.endpoint.host;
  }

  /**
   * Checks an event as `send` does, without sending it, as `parse` of the client; with the length of this project's credentials.
   *
   * @throws {ValidationError} with everything that is wrong with it, or as it is too long for `maxUrlBytes`.
   */
  parse(event: AttributionEvent<Policy>): ParsedEvent<Policy> {
    return this.#sender.parse(event, this.#project);
  }

  /**
   * Sends one event to this project.
   *
   * @returns a promise that resolves once CleverTap took the event, and rejects with an `AttributionError`.
   */
  send(event: AttributionEvent<Policy>, options?: SendOptions): Promise<Delivery> {
    return this.#sender.send(this.#project, event, options);
  }

  /**
   * Replaces the credentials of this project while it is in use; events under way take them up with their next attempt.
   * Releases the project if it is on hold.
   *
   * @throws {ValidationError} if they are not valid, or of another project.
   */
  replaceCredentials(credentials: CredentialsInput | Credentials): void {
    const access = this.#sender.createAccess(credentials);
    if (access.projectId !== this.projectId) {
      const message = `is not ${this.projectId}: use client.project() for another project`;
      throw new ValidationError('credentials', [{ path: ['projectId'], message }]);
    }
    this.#sender.replace(this.#project, access);
  }

  /** What may be shown of it, never a secret. */
  toJSON(): Pick<ProjectClient, 'projectId' | 'region' | 'host'> {
    const { projectId, region, host } = this;
    return { projectId, region, host };
  }

  [Symbol.for('nodejs.util.inspect.custom')](
    _depth: number,
    _options: object,
    inspect: (value: unknown) => string,
  ): string {
    return `ProjectClient ${inspect(this.toJSON())}`;
  }
}
