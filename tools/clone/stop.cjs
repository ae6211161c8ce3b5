'use strict'

/** A reason to go no further that a user can act on. Whoever meets it prints it and exits. */
class Stop extends Error {
  /**
   * @param {string} text one sentence: what is wrong
   * @param {{ remedy?: string, exitCode?: number }} [more] what to do now; 1 where no exit code is given
   */
  constructor(text, { remedy, exitCode = 1 } = {}) {
    super(text)
    this.remedy = remedy
    this.exitCode = exitCode
  }
}

module.exports = { Stop }
