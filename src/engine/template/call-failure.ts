/** A template function refused its arguments; the evaluator adds the place and answers with an `OdError`. */
export class CallFailure extends Error {}
