namespace Dmp.Server.Postgres;

/// <summary>The server's own PostgreSQL cannot run. The message says why and what to do.</summary>
internal sealed class ManagedPostgresException : Exception
{
    public ManagedPostgresException(string message)
        : base(message)
    {
    }

    public ManagedPostgresException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
