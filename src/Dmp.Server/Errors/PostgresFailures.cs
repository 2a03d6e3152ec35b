using Dmp.Error.V1;
using Grpc.Core;
using Npgsql;

namespace Dmp.Server.Errors;

/// <summary>
/// What PostgreSQL refuses and the caller must hear of. Recognised by name of the constraint or SQLSTATE, never by message text.
/// </summary>
internal static class PostgresFailures
{
    /// <summary>The failure; null when the violation is a fault of ours.</summary>
    public static RpcException? Of(PostgresException exception) => exception switch
    {
        { ConstraintName: "record_ins_key" } => Failures.Of(ErrorReason.RecordAlreadyExists),
        { ConstraintName: "document_version_unique_id_key" or "submission_set_unique_id_key" } => Failures.Of(ErrorReason.UniqueIdTaken),
        // Two first grants or blocks of one actor at the same moment: the repeat finds the other one's row.
        { ConstraintName: "consent_living_key" or "block_living_key" } => Failures.Of(ErrorReason.WriteConflict),
        // Raised by dmp_at_least.
        { SqlState: "DM001" } => Failures.Of(ErrorReason.ConsistencyNotReached),
        { SqlState: "DM002" } => Failures.Of(ErrorReason.ConsistencyTokenInvalid),
        // The database is going down or coming up, or another server made it read-only for a moment.
        {
            SqlState: PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow
            or PostgresErrorCodes.TooManyConnections or PostgresErrorCodes.QueryCanceled or PostgresErrorCodes.DiskFull
        } =>
            Failures.Of(ErrorReason.StorageUnavailable),
        _ => null,
    };
}
