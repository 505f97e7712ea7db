/** An input that cannot be used; its message is one line for the user. */
export class Refusal extends Error {
  override name = 'Refusal'
}
