// Adds invoices to a queue one by one, so that none is lost and none is there twice whatever happens on the way.
//
//     npm install @uipath/uipath-typescript
//     BASE=http://127.0.0.1:8080 TOKEN=... node dispatcher.mjs
//
// The token needs the scope OR.Queues. ORGANIZATION (default), TENANT (Default), FOLDER (Shared), QUEUE (Invoices) and COUNT (300)
// can be set, too.
import { randomUUID } from 'node:crypto';
import { call, insist } from './api.mjs';

const { QUEUE = 'Invoices', COUNT = '300' } = process.env;

// 409: it is there already.
await insist(() => call('POST', '/odata/QueueDefinitions', { Name: QUEUE, AcceptAutomaticallyRetry: true, MaxNumberOfRetries: 2 })).catch(
  (error) => {
    if (error.status !== 409) throw error;
  },
);
for (let number = 0; number < Number(COUNT); number += 1) {
  const itemData = {
    Name: QUEUE,
    Reference: `invoice-${String(number).padStart(5, '0')}`,
    SpecificContent: { Number: number, Amount: Math.round(number * 119) / 100, Seconds: 0.02 },
  };
  // References of this queue need not be unique. The key makes it safe to send the same request again: it adds one item.
  const key = randomUUID();
  const path = '/odata/Queues/UiPathODataSvc.AddQueueItem';
  const item = await insist(() => call('POST', path, { itemData }, { 'Idempotency-Key': key }));
  console.log(`${item.Reference} is item ${item.Id}`);
}
