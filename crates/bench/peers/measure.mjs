// Measures one job queue: adds jobs one by one, then takes and completes jobs, 32 at a time each. The last line of the output tells
// what happened per second.
//
//     node measure.mjs graphile-worker|pg-boss|bullmq ADDRESS SECONDS

const [kind, address, seconds] = process.argv.slice(2);
const CONCURRENT = 32;
const TIME = Number(seconds) * 1000;
/**
 * Jobs that are there to be taken: more than are completed, but no more than needed, since pg-boss sorts all that are waiting
 * whenever it takes one. Where they do not last, the time until they were used up counts.
 */
const SUPPLY = Number(seconds) * (kind === "pg-boss" ? 500 : 10_000);
const job = (number) => ({ InvoiceNumber: number, Supplier: "Kettle & Sons", Amount: 1234.5, Currency: "EUR" });
const jobs = (count) => Array.from({ length: count }, (_, number) => job(number));

/** Calls `work` by so many loops until the time is over or it says that nothing is left, and gives the calls per second. */
async function rate(work) {
  const begin = performance.now();
  let done = 0;
  const loop = async () => {
    while (performance.now() - begin < TIME && (await work(done))) done += 1;
  };
  await Promise.all(Array.from({ length: CONCURRENT }, loop));
  return done / ((performance.now() - begin) / 1000);
}

/** Counts what a worker of the library itself completes: `start` begins it and gives what ends it. */
async function counted(start) {
  let done = 0;
  const begin = performance.now();
  let last = begin;
  const stop = await start(() => {
    done += 1;
    last = performance.now();
  });
  while (performance.now() - begin < TIME && done < SUPPLY) await new Promise((wake) => setTimeout(wake, 10));
  const result = done / ((last - begin) / 1000);
  await stop();
  return result;
}

/** What PostgreSQL does by itself a minute after so many rows were added. */
async function analyze() {
  const { default: pg } = await import("pg");
  const client = new pg.Client({ connectionString: address });
  await client.connect();
  await client.query("vacuum analyze");
  await client.end();
}

async function inPieces(size, add) {
  for (let left = SUPPLY; left > 0; left -= size) await add(jobs(Math.min(left, size)));
}

const kinds = {
  async "graphile-worker"() {
    const { makeWorkerUtils, run, Logger } = await import("graphile-worker");
    const logger = new Logger(() => () => {});
    const options = { connectionString: address, maxPoolSize: CONCURRENT + 2, logger };
    const utils = await makeWorkerUtils(options);
    await utils.migrate();
    const adds = await rate((number) => utils.addJob("work", job(number)));
    const fill = "select graphile_worker.add_job('work', $1::json) from generate_series(1, $2)";
    await utils.withPgClient((client) => client.query(fill, [JSON.stringify(job(1)), SUPPLY]));
    await analyze();
    const cycles = await counted(async (done) => {
      const taskList = { work: async () => done() };
      const runner = await run({ ...options, concurrency: CONCURRENT, noHandleSignals: true, taskList });
      return () => runner.stop();
    });
    return { adds, cycles };
  },

  async "pg-boss"() {
    const { default: Boss } = await import("pg-boss");
    const boss = new Boss({ connectionString: address, max: CONCURRENT, supervise: false, schedule: false });
    boss.on("error", (error) => console.error(error));
    await boss.start();
    await boss.createQueue("work");
    // Not into the same queue: what was added would have to be sorted as well.
    await boss.createQueue("adds");
    const adds = await rate((number) => boss.send("adds", job(number)));
    await inPieces(5_000, (data) => boss.insert(data.map((one) => ({ name: "work", data: one }))));
    await analyze();
    const cycles = await rate(async () => {
      const [taken] = await boss.fetch("work");
      if (taken) await boss.complete("work", taken.id, { posted: true });
      return taken;
    });
    return { adds, cycles };
  },

  async bullmq() {
    const { Queue, Worker } = await import("bullmq");
    const connection = { path: address, maxRetriesPerRequest: null };
    const queue = new Queue("work", { connection });
    await queue.waitUntilReady();
    const adds = await rate((number) => queue.add("work", job(number)));
    await inPieces(1_000, (data) => queue.addBulk(data.map((one) => ({ name: "work", data: one }))));
    const cycles = await counted(async (done) => {
      const worker = new Worker("work", async () => ({ posted: true }), { connection, concurrency: CONCURRENT });
      worker.on("completed", done);
      worker.on("error", (error) => console.error(error));
      return () => worker.close(true);
    });
    return { adds, cycles };
  },
};

const measured = await kinds[kind]();
console.log(JSON.stringify({ ...measured, waiting: SUPPLY }));
process.exit(0);
