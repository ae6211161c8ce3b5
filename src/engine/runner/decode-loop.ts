/**
 * The one owner of a context: takes requests, gives each a sequence, and runs one decode after the other while there is
 * work. Everything happens between two decodes, on the main thread; a decode itself runs on a worker thread, so that a
 * cancel can arrive while it computes.
 */
import type { Clock } from '../../sys/clock.ts'
import type { AnswerSink } from './answer-sink.ts'
import { planBatch } from './batch-plan.ts'
import type { BatchEntry } from './llama/batch.ts'
import type { Context } from './llama/context.ts'
import type { Model } from './llama/model.ts'
import type { Sampler } from './llama/sampler.ts'
import { drawnLogprob } from './logprobs.ts'
import type { Pace } from './pace.ts'
import type { DrawnLogprob, EndReason, GenerateOptions, SlotFacts } from './protocol.ts'
import { emptySlot, factsOf, type Job, placePrompt, type Slot } from './slot.ts'

/** However much a request wants to keep, this many tokens can be dropped: an answer that moves by one is not one. */
const tokensShiftedMin = 4

export class DecodeLoop {
  readonly #context: Context
  readonly #model: Model
  readonly #pace: Pace
  readonly #clock: Clock
  readonly #sink: AnswerSink
  readonly #contextTokens: number
  readonly #slots: Slot[]
  readonly #waiting: Job[] = []
  readonly #errands: (() => void)[] = []
  #batch: readonly BatchEntry[] = []
  #isRunning = false
  #decodes = 0
  #evaluated = 0
  #made = 0
  #cancelled = 0

  constructor(options: {
    context: Context
    model: Model
    pace: Pace
    clock: Clock
    sink: AnswerSink
    parallel: number
    contextTokens: number
  }) {
    this.#context = options.context
    this.#model = options.model
    this.#pace = options.pace
    this.#clock = options.clock
    this.#sink = options.sink
    this.#contextTokens = options.contextTokens
    this.#slots = Array.from({ length: options.parallel }, (_, sequence) => emptySlot(sequence))
  }

  /** Queues an answer; it starts when a sequence is free. The sampler has seen the prompt; the loop frees it. */
  generate(options: GenerateOptions, sampler: Sampler): void {
    this.#waiting.push({
      options,
      sampler,
      startedMs: this.#clock.nowMs(),
      isCancelled: false,
      reusedTokens: 0,
      firstTokenMs: undefined,
      made: options.made?.length ?? 0,
    })
    for (const token of options.made ?? []) {
      this.#sink.token(options.id, token, this.#model.pieceOf(token), undefined)
    }
    if (!this.#isRunning) void this.#run()
  }

  /** Ends an answer as `cancelled`: at once when it waits, within milliseconds when it is being computed. */
  cancel(id: number): void {
    const index = this.#waiting.findIndex((job) => job.options.id === id)
    const [waiting] = index < 0 ? [] : this.#waiting.splice(index, 1)
    if (waiting !== undefined) {
      this.#end(waiting, 'cancelled')
      return this.#sink.flush()
    }
    const slot = this.#slots.find(({ job }) => job?.options.id === id)
    if (slot?.job === undefined) return // it ended already
    slot.job.isCancelled = true
    const own = this.#batch.filter(({ sequence }) => sequence === slot.sequence).length
    // One token among others' is cheaper to finish than to make the others repeat theirs.
    if (own > 1 || own === this.#batch.length) this.#context.abort()
  }

  get stats() {
    const working = this.#slots.filter(({ job }) => job !== undefined).length
    return {
      threads: this.#pace.threads,
      active: working + this.#waiting.length,
      waiting: this.#waiting.length,
      decodes: this.#decodes,
      tokensEvaluated: this.#evaluated,
      tokensMade: this.#made,
      cancelled: this.#cancelled,
    }
  }

  /** What each sequence holds. */
  slotFacts(salt: string): SlotFacts[] {
    const nowMs = this.#clock.nowMs()
    return this.#slots.map((slot) => factsOf(slot, salt, nowMs))
  }

  /** Does something with the slots and the context while no decode runs. */
  between<Value>(errand: (slots: readonly Slot[], context: Context) => Value): Promise<Value> {
    return new Promise((resolve, reject) => {
      this.#errands.push(() => {
        try {
          resolve(errand(this.#slots, this.#context))
        } catch (error) {
          reject(error)
        }
      })
      if (!this.#isRunning) this.#doErrands()
    })
  }

  #doErrands(): void {
    for (const errand of this.#errands.splice(0)) errand()
  }

  async #run(): Promise<void> {
    this.#isRunning = true
    for (;;) {
      this.#doErrands()
      this.#dropCancelled()
      this.#admit()
      const busy = this.#slots
        .filter(({ job }) => job !== undefined)
        .sort((a, b) => (a.job?.startedMs ?? 0) - (b.job?.startedMs ?? 0))
      if (busy.length === 0) break
      await this.#decodeOnce(busy)
    }
    this.#isRunning = false
    this.#sink.flush()
  }

  async #decodeOnce(busy: readonly Slot[]): Promise<void> {
    const pace = this.#pace
    const { entries: batch, answers } = planBatch(busy, {
      batchTokensMax: this.#context.batchTokensMax,
      widthFor: (answers) => pace.width(answers),
      promptTokensFor: (answers) => pace.promptTokens(answers),
    })
    this.#batch = batch
    this.#decodes++
    for (const slot of busy) {
      if (batch.some(({ sequence }) => sequence === slot.sequence)) slot.steppedAt = this.#decodes
    }
    const startedMs = this.#clock.nowMs()
    const decoding = this.#context.decode(batch)
    this.#sink.flush()
    const result = await decoding
    this.#batch = []
    if (result === 'aborted') return this.#reconcile(batch)
    if (result !== 'done') return this.#failAll(`llama.cpp could not decode (${result})`)
    const content = { answers, promptTokens: batch.length - answers }
    pace.observe(content, this.#clock.nowMs() - startedMs)
    this.#advance(batch)
  }

  #dropCancelled(): void {
    for (const slot of this.#slots) {
      if (slot.job?.isCancelled === true) this.#finish(slot, slot.job, 'cancelled')
    }
  }

  /** Gives waiting jobs their sequences, first come first served. */
  #admit(): void {
    for (let job = this.#waiting[0]; job !== undefined; job = this.#waiting[0]) {
      const prompt = [...job.options.tokens, ...(job.options.made ?? [])]
      const placement = placePrompt(this.#slots, prompt, this.#context.canCopy)
      if (placement === undefined) return
      this.#waiting.shift()
      const { slot, donor, reusedTokens } = placement
      if (donor === undefined) {
        slot.sharedTokens = Math.min(slot.sharedTokens, reusedTokens)
        const isKept = this.#context.truncate(slot.sequence, reusedTokens)
        job.reusedTokens = isKept ? reusedTokens : 0
      } else {
        this.#context.copyStart(donor.sequence, slot.sequence, reusedTokens)
        donor.sharedTokens = Math.max(donor.sharedTokens, reusedTokens)
        slot.sharedTokens = reusedTokens
        job.reusedTokens = reusedTokens
      }
      slot.evaluated = job.reusedTokens
      slot.tokens = prompt
      slot.pureTokens = Number.POSITIVE_INFINITY
      slot.job = job
    }
  }

  #advance(batch: readonly BatchEntry[]): void {
    this.#evaluated += batch.length
    const bySequence = new Map(this.#slots.map((slot) => [slot.sequence, slot]))
    batch.forEach(({ sequence, position, wantsOutput }, index) => {
      const slot = bySequence.get(sequence)
      if (slot === undefined) return
      slot.evaluated = position + 1
      if (wantsOutput && slot.job !== undefined && !slot.job.isCancelled) {
        this.#draw(slot, slot.job, index)
      }
    })
  }

  #draw(slot: Slot, job: Job, index: number): void {
    const token = job.sampler.sample(this.#context.pointer, index)
    job.firstTokenMs ??= this.#clock.nowMs()
    job.made++
    this.#made++
    if (this.#model.isEndOfGeneration(token)) return this.#finish(slot, job, 'stop')
    const logprob = this.#logprobOf(token, job.options.topLogprobs, index)
    this.#sink.token(job.options.id, token, this.#model.pieceOf(token), logprob)
    slot.tokens.push(token)
    if (job.made >= job.options.tokensMax) return this.#finish(slot, job, 'length')
    const isFull = slot.tokens.length >= this.#contextTokens
    if (isFull && !this.#makeRoom(slot, job)) this.#finish(slot, job, 'length')
  }

  #logprobOf(token: number, top: number | undefined, index: number): DrawnLogprob | undefined {
    const logits = top === undefined ? undefined : this.#context.logitsAt(index)
    if (top === undefined || logits === undefined) return undefined
    return drawnLogprob(token, logits, top, (id) => this.#model.pieceOf(id))
  }

  /** Drops the older half of what need not be kept. Source: Ollama runner/llamarunner/cache.go, ShiftCacheSlot. */
  #makeRoom(slot: Slot, { options: { shift } }: Job): boolean {
    if (shift === undefined) return false
    const keep = Math.max(0, Math.min(shift.numKeep, this.#contextTokens - tokensShiftedMin))
    const dropped = Math.max(1, Math.floor((slot.tokens.length - keep) / 2))
    if (slot.sharedTokens > keep + dropped) {
      // Another sequence uses cells that would move: what stays is computed anew instead, in cells of its own.
      this.#context.truncate(slot.sequence, keep)
      slot.evaluated = keep
    } else {
      if (!this.#context.shift(slot.sequence, keep, dropped)) return false
      slot.evaluated -= dropped
      slot.pureTokens = keep
    }
    slot.sharedTokens = Math.min(slot.sharedTokens, keep)
    slot.tokens.splice(keep, dropped)
    return true
  }

  /** After an abort parts of the batch may be in memory: asks llama.cpp what is, and repeats at least the last token. */
  #reconcile(batch: readonly BatchEntry[]): void {
    for (const slot of this.#slots) {
      if (!batch.some(({ sequence }) => sequence === slot.sequence)) continue
      const inMemory = this.#context.lengthOf(slot.sequence)
      const keep = Math.max(0, Math.min(inMemory, slot.tokens.length - 1))
      slot.evaluated = this.#context.truncate(slot.sequence, keep) ? keep : 0
    }
  }

  #finish(slot: Slot, job: Job, reason: EndReason): void {
    slot.job = undefined
    slot.usedMs = this.#clock.nowMs()
    slot.evaluated = Math.min(slot.evaluated, slot.pureTokens)
    this.#end(job, reason)
  }

  #end(job: Job, reason: EndReason): void {
    job.sampler.free()
    if (reason === 'cancelled') this.#cancelled++
    const nowMs = this.#clock.nowMs()
    const firstTokenMs = job.firstTokenMs ?? nowMs
    this.#sink.end(job.options.id, reason, {
      promptTokens: job.options.tokens.length,
      reusedTokens: job.reusedTokens,
      promptMs: firstTokenMs - job.startedMs,
      madeTokens: job.made,
      madeMs: job.made > 1 ? nowMs - firstTokenMs : 0, // the first token is the prompt's work
    })
  }

  /** Nothing in memory can be trusted any more: every answer in work fails, and the memory starts empty. */
  #failAll(reason: string): void {
    for (const slot of this.#slots) {
      if (slot.job !== undefined) {
        slot.job.sampler.free()
        this.#sink.fail(slot.job.options.id, reason)
      }
      slot.job = undefined
      slot.tokens = []
      slot.evaluated = 0
      slot.sharedTokens = 0
    }
    this.#context.clear()
  }
}
