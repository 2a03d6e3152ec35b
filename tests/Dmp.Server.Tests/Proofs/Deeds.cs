using Xunit;

namespace Dmp.Server.Tests.Proofs;

/// <summary>What somebody with all rights may do to the trace and its log.</summary>
internal static class Deeds
{
    /// <summary>The event of the third leaf.</summary>
    public const string AnEvent = "(select event_id from audit_leaf where leaf_index = 2)";

    /// <summary>Every column of the trace.</summary>
    public static TheoryData<string, string> Changes => new()
    {
        { "event_time", "event_time + interval '1 us'" },
        { "method", "'dmp.document.v1.DocumentService/SearchDocuments'" },
        { "actor_kind", "2" },
        { "actor_id", "'810000000002'" },
        { "actor_name", "'Dr AUTRE'" },
        { "profession_system", "'1.2.3'" },
        { "profession_code", "'21'" },
        { "specialty_code", "'SM99'" },
        { "sector_code", "'SA99'" },
        { "structure_id", "'x'" },
        { "structure_name", "'x'" },
        { "software_id", "'x'" },
        { "subject", "'x'" },
        { "record_id", "gen_random_uuid()" },
        { "document_ids", "array[gen_random_uuid()], document_versions = array[1], document_sha256s = array['\\x00'::bytea]" },
        { "document_versions", "array[9], document_ids = array[gen_random_uuid()], document_sha256s = array['\\x01'::bytea]" },
        { "outcome", "3" },
        { "status_code", "5" },
        { "reason", "'OTHER'" },
        { "server_request_id", "gen_random_uuid()" },
        { "request_id", "''" },
        { "hidden_from_representatives", "not hidden_from_representatives" },
        { "staff_id", "'x'" },
        { "user_agent", "'x'" },
        { "access_mode", "3" },
        { "basis", "8" },
        { "emergency_access_id", "gen_random_uuid()" },
        { "justification", "'x'" },
        { "origin", "set_masklen(origin, 8)" },
        { "duration_us", "duration_us + 1" },
        { "salt", "sha256('x')" },
        { "root", "sha256('x')" },
        { "signature", "set_byte(signature, 3, (get_byte(signature, 3) + 1) % 256)" },
        { "signing_key", "'00000000'" },
        { "xid", "'5'" },
        { "event_time", "'infinity'" },
        { "event_time", "'4000-01-01 BC'" },
        { "duration_us", "9223372036854775807" },
        { "call_count", "0" },
        { "call_count", "7" },
    };

    /// <summary>What is done, and what must be said of it, each part between bars.</summary>
    public static TheoryData<string, string> Told => new()
    {
        {
            $"delete from audit_event where event_id = {AnEvent}",
            "missing: the event {victim} (leaf 2) was deleted"
        },
        {
            "insert into audit_event (event_id, event_time, method, actor_kind, document_ids, outcome, status_code, server_request_id) "
            + "values ('019a0000-0000-7000-8000-00000000000a', now(), 'x', 1, '{}', 1, 0, gen_random_uuid())",
            "inserted: no server signed it: the event 019a0000-0000-7000-8000-00000000000a, which has no leaf"
        },
        {
            $"update audit_event set event_id = '019a0000-0000-7000-8000-00000000000a' where event_id = {AnEvent}",
            "missing: the event {victim} (leaf 2) was deleted"
        },
        {
            "update audit_leaf set leaf_hash = sha256('x') where leaf_index = 2",
            "changed: the hash of leaf 2 is not that of its event {victim}"
        },
        {
            "delete from audit_leaf where leaf_index = 2",
            "missing: the leaves 2 to 2 are gone|the leaf of the event {victim} is gone"
        },
        {
            "delete from audit_leaf where leaf_index > 2",
            "truncated: the last checkpoint is of "
        },
        {
            "truncate audit_leaf",
            "truncated: the last checkpoint is of "
        },
        {
            "truncate audit_event",
            "missing: the event {victim} (leaf 2) was deleted"
        },
        {
            "truncate audit_checkpoint",
            " leaves and no checkpoint"
        },
        {
            "update audit_checkpoint set root = sha256('x') where tree_size = (select max(tree_size) from audit_checkpoint)",
            "is not what its signed note says"
        },
        {
            "update audit_checkpoint set note = replace(note, 'trace', 'trade')",
            "forged: the checkpoint of size "
        },
        {
            "truncate audit_node",
            "missing: the node 0 of level 8, over the leaves 0 to 255, is gone"
        },
        {
            "update audit_node set hash = sha256('x') where node_index = 1",
            "changed: the node 1 of level 8 is not that of the leaves 256 to 511"
        },
        {
            "insert into audit_node values (16, 7, sha256('x'))",
            "inserted: 1 nodes that belong to no leaves"
        },
        {
            "update audit_leaf set event_id = gen_random_uuid() where leaf_index = 2",
            "was deleted|the leaf of the event {victim} is gone"
        },
        {
            "update audit_leaf l set leaf_hash = o.leaf_hash from audit_leaf o where l.leaf_index in (2, 3) "
            + "and o.leaf_index = 5 - l.leaf_index",
            "reordered: the event {victim} is at leaf 2, and its hash is at leaf 3"
        },
        {
            "update audit_leaf set leaf_index = -leaf_index - 1 where leaf_index in (2, 3); update audit_leaf "
            + "set leaf_index = 6 + leaf_index where leaf_index < 0",
            "reordered, changed or replaced: the leaves |{victim}"
        },
        {
            "delete from audit_checkpoint where tree_size = (select tree_size from audit_checkpoint order by tree_size offset 1 limit 1)",
            "missing or moved: 1 checkpoints before that of size "
        },
        {
            "delete from audit_checkpoint where tree_size in (select tree_size from audit_checkpoint order by tree_size limit 2)",
            "missing or moved: 2 checkpoints before that of size |the numbers 1 to 2"
        },
        {
            $"delete from audit_event where event_id = {AnEvent}; update audit_leaf set event_id = '01000000-0000-7000-8000-00000000000a' "
            + "where leaf_index = 2",
            "missing: the event 01000000-0000-7000-8000-00000000000a (leaf 2) was deleted: its leaf stands behind events that are newer "
            + "than its month"
        },
    };

    /// <summary>What an export of the log does not hold, and so cannot tell: nodes, transactions, events that have no leaf.</summary>
    public static bool IsOutsideOfExports(string sql) =>
        sql.Contains("audit_node", StringComparison.Ordinal) || sql.StartsWith("insert into audit_event", StringComparison.Ordinal)
        || sql.Contains("set xid", StringComparison.Ordinal);
}
