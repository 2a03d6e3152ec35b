using System.Net.Sockets;
using Dmp.Error.V1;
using Dmp.Storage;
using Grpc.Core;
using Npgsql;

namespace Dmp.Server.Errors;

/// <summary>What the database and the content store do to a call that was good.</summary>
internal static class StorageFailures
{
    /// <summary>What the caller is told; null when it is a fault of ours.</summary>
    public static RpcException? Of(Exception exception) => exception switch
    {
        PostgresException
        {
            SqlState: PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.LockNotAvailable
        } => Failures.Of(ErrorReason.WriteConflict),
        PostgresException postgres when PostgresFailures.Of(postgres) is { } known => known,
        ContentErasedException => Failures.Of(ErrorReason.ContentErased),
        ContentDamagedException => Failures.Of(ErrorReason.ContentDamaged),
        _ when IsAbsence(exception) => Failures.Of(ErrorReason.StorageUnavailable),
        _ => null,
    };

    /// <summary>The storage itself is not there, whatever was asked of it.</summary>
    public static bool IsAbsence(Exception exception) => exception switch
    {
        ContentErasedException or ContentDamagedException => false,
        ContentUnavailableException or TimeoutException => true,
        PostgresException postgres => postgres.SqlState is PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown
                or PostgresErrorCodes.CannotConnectNow or PostgresErrorCodes.TooManyConnections or PostgresErrorCodes.DiskFull
            || postgres.IsTransient && PostgresFailures.Of(postgres) is null
                && postgres.SqlState is not (PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected
                    or PostgresErrorCodes.LockNotAvailable),
        NpgsqlException { IsTransient: true } or NpgsqlException { InnerException: IOException or TimeoutException or SocketException } =>
            true,
        _ => false,
    };
}
