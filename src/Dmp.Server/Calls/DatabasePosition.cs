using NpgsqlTypes;

namespace Dmp.Server.Calls;

/// <summary>A point in the life of a database cluster: everything that committed before is in it.</summary>
internal readonly record struct DatabasePosition(long Cluster, NpgsqlLogSequenceNumber Lsn);
