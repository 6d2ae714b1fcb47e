import { openTestHub } from "/work/main/test/support/hub.ts";
import { eventsOf, segmentEndpoint, newestDelivery, customer } from "/work/main/test/support/calls.ts";
const hub = await openTestHub();
const ep = await segmentEndpoint(hub, "wild", {settings:{unsigned:"accept"}});
const server = await segmentEndpoint(hub, "server");
const show = async () => { const d = await newestDelivery(hub); return JSON.stringify(d.messageViews.slice(0,5).map(m=> m.plan===null ? `${m.state}: ${m.reason}` : m.plan.map(p=>`${p.action} ${p.outcome?.kind} ${(p.outcome as any)?.reason ?? (p.outcome as any)?.points}`).join("|"))) + ` [${d.messages} ${d.outcome}]`; };
const withTimeout = <T>(p: Promise<T>) => Promise.race([p, new Promise<string>((r)=>setTimeout(()=>r("STALL"),25000))]);
const send = async (name: string, path: string, body: any, headers: Record<string,string> = {}) => {
  const r = await hub.fetch(new Request(path, {method:"POST", headers, body, duplex:"half"} as any));
  const t = await r.text();
  const d = await withTimeout(hub.drained());
  console.log(name.padEnd(40), r.status, t.slice(0,90), d==="STALL" ? "STALL" : await show(), hub.errors.splice(0).join(" ").slice(0,300));
  if (d==="STALL") process.exit(1);
};
const web = (name: string, body: any, headers = {}) => send("in "+name, ep.url, body, headers);
const auth = {Authorization:`Basic ${btoa(server.writeKey+":")}`};
const v1 = (name: string, body: any, headers = {}) => send("v1 "+name, hub.url+"/v1/batch", body, {...auth, ...headers});
const order = (properties: string, more = "") => `{"type":"track","event":"Order Completed","userId":"ada"${more},"properties":{${properties}}}`;
await web("signup", `{"type":"track","event":"Signed Up","userId":"ada","messageId":"m0"}`);
const only = process.argv[2];
const cases: [string, any, Record<string,string>?][] = [
 ["not json", "hello"], ["7","7"],["str",'"x"'],["null","null"],["[]","[]"],["[1]","[1]"],["[[1]]","[[1],[2]]"],["[[good]]", `[[${order('"order_id":1,"revenue":1')}]]`],
 ["deep arrays","[".repeat(10000)+"]".repeat(10000)],
 ["deep obj",'{"a":'.repeat(10000)+"1"+"}".repeat(10000)],
 ["deep in props", order(`"order_id":"d1","revenue":1,"products":${"[".repeat(10000)+"]".repeat(10000)}`)],
 ["deep in batch element", `[${'{"a":'.repeat(10000)+"1"+"}".repeat(10000)},${order('"order_id":"d2","revenue":1')}]`],
 ["deep with unsafe number", '{"a":'.repeat(10000)+"12345678901234567890"+"}".repeat(10000)],
 ["5M deep", "[".repeat(5e6)+"]".repeat(5e6)],
 ["5M open", "[".repeat(1e7)],
 ["dup keys", `{"type":"track","event":"Order Completed","userId":"eve","userId":"ada","properties":{"order_id":"dup","revenue":1,"revenue":2}}`],
 ["proto top", `{"__proto__":{"type":"track"},"constructor":1,"type":"track","event":"Order Completed","userId":"ada","properties":{"order_id":"p1","revenue":1}}`],
 ["proto everywhere", `{"type":"track","event":"Order Completed","userId":"ada","context":{"__proto__":{"traits":{"email":"x@y.z"}}},"properties":{"__proto__":{"revenue":99},"order_id":"p2","products":[{"__proto__":{"price":1},"product_id":"x"}]}}`],
 ["proto traits", `{"type":"identify","userId":"ada","traits":{"__proto__":{"email":"eve@x.test"},"constructor":"x","firstName":"Ada"}}`],
 ["traits proto as attribute objs", `{"type":"identify","userId":"ada","traits":{"firstName":{"__proto__":1},"address":{"__proto__":{"city":"x"}},"company":{"name":{"a":1}}}}`],
 ["event name proto", `{"type":"track","event":"__proto__","userId":"ada"}`],
 ["type constructor", `{"type":"constructor","event":"toString","userId":"ada"}`],
 ["type object", `{"type":{"a":1},"event":["Order Completed"],"userId":"ada"}`],
 ["userId __proto__", `{"type":"track","event":"Signed Up","userId":"__proto__"}`],
 ["userId constructor order", `{"type":"track","event":"Order Completed","userId":"__proto__","properties":{"order_id":"__proto__","revenue":1,"products":[{"product_id":"__proto__","price":1}]}}`],
 ["lone userId", `{"type":"track","event":"Order Completed","userId":"\\ud800","properties":{"order_id":"s1","revenue":1}}`],
 ["lone order", order(`"order_id":"\\ud800","revenue":1`)],
 ["lone order2", order(`"order_id":"\\udfff","revenue":1`)],
 ["lone name", order(`"order_id":"s3","revenue":1,"currency":"\\ud800","products":[{"product_id":"\\udc00","name":"\\ud800"}]`)],
 ["lone messageId", order(`"order_id":"s4","revenue":1`, `,"messageId":"\\ud800"`)],
 ["lone trait", `{"type":"identify","userId":"ada","traits":{"email":"a\\ud800@x.test","firstName":"\\ud800"}}`],
 ["bom", "\ufeff"+order(`"order_id":"b1","revenue":1`)],
 ["utf16", new Uint8Array(Buffer.from(order(`"order_id":"b2","revenue":1`),"utf16le"))],
 ["latin1", new Uint8Array([0x7b,0x22,0xe9,0x22,0x3a,0x31,0x7d])],
 ["nul", order(`"order_id":"n\\u00001","revenue":1,"products":[{"product_id":"\\u0000","name":"a\\u0000b"}]`, `,"messageId":"m\\u0000x"`)],
 ["nul user", `{"type":"track","event":"Signed Up","userId":"a\\u0000b","properties":{"email":"\\u0000@x.test"}}`],
 ["nul raw", order(`"order_id":"n\u0000 2","revenue":1`)],
 ["huge revenue", order(`"order_id":"h1","revenue":1e20000000`)],
 ["huge price", order(`"order_id":"h2","revenue":1,"products":[{"product_id":"x","price":1e20000000}]`)],
 ["huge qty", order(`"order_id":"h3","revenue":1,"products":[{"product_id":"x","price":1,"quantity":1e20000000}]`)],
 ["tiny price", order(`"order_id":"h4","revenue":1e-20000000`)],
 ["1e30 revenue", order(`"order_id":"h5","revenue":1e30`)],
 ["1e15 revenue", order(`"order_id":"h6","revenue":1e15`)],
 ["text huge", order(`"order_id":"h7","revenue":"1e20000000"`)],
 ["-0 revenue", order(`"order_id":"z1","revenue":-0`)],
 ["-0.0 price", order(`"order_id":"z2","revenue":1,"products":[{"product_id":"x","price":-0.0,"quantity":-0}]`)],
 ["negative", order(`"order_id":"z3","revenue":-5`)],
 ["order_id -0", order(`"order_id":-0,"revenue":1`)],
 ["order_id 1e400", order(`"order_id":1e400,"revenue":1`)],
 ["rating huge", `{"type":"track","event":"Product Reviewed","userId":"ada","properties":{"product_id":"x","rating":1e20000000}}`],
 ["10MiB", order(`"order_id":"big","revenue":1`).padEnd(10*1024*1024)],
 ["10MiB+1", order(`"order_id":"big2","revenue":1`).padEnd(10*1024*1024+1)],
 ["big message", order(`"order_id":"big3","revenue":1,"x":"${"x".repeat(600*1024)}"`)],
 ["big message in batch", `[${order(`"order_id":"big4","revenue":1,"x":"${"x".repeat(600*1024)}"`)},${order(`"order_id":"big5","revenue":1`)}]`],
 ["empty", ""],
 ["blank", "  \n"],
 ["empty object", "{}"],
 ["x4000", JSON.stringify(Array.from({length:4000},(_, i)=>({type:"page",userId:"ada",messageId:`p${i}`})))],
 ["4001", JSON.stringify(Array.from({length:4001},(_, i)=>({type:"page",userId:"ada",messageId:`q${i}`})))],
 ["million", JSON.stringify(Array.from({length:1000000},()=>({})))],
 ["big ids", `{"type":"track","event":"Order Completed","userId":12345678901234567890,"messageId":98765432109876543210,"properties":{"order_id":9007199254740993,"revenue":1}}`],
 ["big order id", order(`"order_id":9007199254740993,"revenue":1,"products":[{"product_id":9007199254740993,"sku":9007199254740995,"name":9007199254740997}]`)],
 ["long messageId", order(`"order_id":"l1","revenue":1`, `,"messageId":"${"m".repeat(600)}"`)],
 ["long userId", `{"type":"track","event":"Signed Up","userId":"${"u".repeat(600)}"}`],
 ["long orderId", order(`"order_id":"${"o".repeat(600)}","revenue":1`)],
 ["time +275760", order(`"order_id":"t1","revenue":1`,`,"timestamp":"+275760-09-13T00:00:00.000Z"`)],
 ["time 9999", order(`"order_id":"t2","revenue":1`,`,"timestamp":"9999-12-31T23:59:59.999Z"`)],
 ["time 0000", order(`"order_id":"t3","revenue":1`,`,"timestamp":"0000-01-01T00:00:00.000Z"`)],
 ["time text", order(`"order_id":"t4","revenue":1`,`,"timestamp":"not a date"`)],
 ["time number", order(`"order_id":"t5","revenue":1`,`,"timestamp":1e308`)],
 ["time feb 30", order(`"order_id":"t6","revenue":1`,`,"timestamp":"2026-02-30T00:00:00Z"`)],
 ["birthday wild", `{"type":"identify","userId":"ada","traits":{"birthday":"not a date"}}`],
 ["html", order(`"order_id":"c1","revenue":1`), {"Content-Type":"text/html"}],
 ["multipart", order(`"order_id":"c2","revenue":1`), {"Content-Type":"multipart/form-data; boundary=x"}],
 ["ctype bad", order(`"order_id":"c3","revenue":1`), {"Content-Type":"garbage"}],
 ["8k header", order(`"order_id":"c4","revenue":1`), {"X-Big":"x".repeat(8000)}],
 ["20k header", order(`"order_id":"c5","revenue":1`), {"X-Big":"x".repeat(20000)}],
];
for (const [n,b,h] of cases) if (!only || n.includes(only)) await web(n,b,h).catch((e)=>console.log(n,"THROWS",String(e),e.cause?.code));
const g = `{"type":"track","event":"Product Reviewed","userId":"ada","messageId":"X","properties":{"product_id":"P"}}`;
const batch = (...m: string[]) => `{"batch":[${m.join(",")}]}`;
const vcases: [string, any, Record<string,string>?][] = [
 ["not json", "hello"], ["7","7"],["null","null"],["[]","[]"],["{}","{}"],["batch null",'{"batch":null}'],["batch obj",'{"batch":{"0":{}}}'],["batch []",'{"batch":[]}'],
 ["batch wild", batch("1","null","[]",'"x"',"{}",g)],
 ["deep 10000", batch('{"a":'.repeat(10000)+"1"+"}".repeat(10000), g.replace("X","X1"))],
 ["deep 40000", batch('{"a":'.repeat(40000)+"1"+"}".repeat(40000), g.replace("X","X1"))],
 ["deep arr 200000", batch('['.repeat(200000)+"]".repeat(200000), g.replace("X","X1"))],
 ["deep arr 10000", batch('['.repeat(10000)+"]".repeat(10000), g.replace("X","X1b"))],
 ["deep context", `{"context":${'{"a":'.repeat(10000)+"1"+"}".repeat(10000)},"batch":[${g.replace("X","X2")}]}`],
 ["2500", batch(...Array.from({length:2500},(_, i)=>`{"type":"page","userId":"ada","messageId":"v${i}"}`))],
 ["2501", batch(...Array.from({length:2501},(_, i)=>`{"type":"page","userId":"ada","messageId":"w${i}"}`))],
 ["sentAt absurd", `{"sentAt":"0000-01-01T00:00:00Z","batch":[${g.replace("X",'X3","timestamp":"9999-12-31T23:59:59Z')}]}`],
 ["sentAt absurd2", `{"sentAt":"9999-12-31T23:59:59Z","batch":[${g.replace("X",'X4","timestamp":"0000-01-01T00:00:00Z')}]}`],
 ["sentAt +2757", `{"sentAt":"+275760-09-13T00:00:00Z","batch":[${g.replace("X",'X5","timestamp":"-271821-04-20T00:00:00Z')}]}`],
 ["sentAt obj", `{"sentAt":{"a":1},"batch":[${g.replace("X",'X6","timestamp":{"b":2},"q":"')}]}`],
 ["context wild", `{"context":[1],"integrations":7,"batch":[${g.replace("X",'X7","context":null,"q":"')}]}`],
 ["context proto", `{"context":{"__proto__":{"traits":{"email":"a@b.c"}}},"batch":[${g.replace("X",'X8","context":{"__proto__":1},"q":"')}]}`],
 ["big event", batch(g.replace("X","X9"), g.replace("X",`X10","q":"${"x".repeat(33000)}`))],
 ["batch 500KB+1", batch(g).padEnd(500*1024+1)],
 ["batch 500KB", batch(g.replace("X","X11")).padEnd(500*1024)],
 ["11MB", batch(g).padEnd(11*1024*1024)],
 ["empty",""],
 ["writeKey proto", `{"writeKey":{"a":1},"batch":[]}`],
 ["ctype", batch(g.replace("X","X12")), {"Content-Type":"text/plain"}],
];
for (const [n,b,h] of vcases) if (!only || n.includes(only)) await v1(n,b,h).catch((e)=>console.log(n,"THROWS",String(e),e.cause?.code));
await hub.close();
