using System.Net;

namespace Dmp.Server.Edge;

/// <summary>
/// The connections of each house on which nobody is known yet, so many at most. One more takes the place of the oldest: sockets that
/// somebody only keeps open shut nobody out, because whoever has a good token shows it at once.
/// </summary>
internal sealed class UnverifiedConnections(int limit)
{
    private readonly Dictionary<IPAddress, LinkedList<EdgeConnection>> houses = [];
    private readonly Lock gate = new();

    /// <summary>Adds a connection. Answers the one that has lost its place to it, null when there was room.</summary>
    public EdgeConnection? Add(IPAddress house, EdgeConnection connection)
    {
        lock (gate)
        {
            if (!houses.TryGetValue(house, out var connections))
            {
                houses.Add(house, connections = []);
            }

            connections.AddLast(connection.Place);
            if (connections.Count <= limit)
            {
                return null;
            }

            var oldest = connections.First!;
            connections.RemoveFirst();
            return oldest.Value;
        }
    }

    /// <summary>Gives the place back; nothing when it has none any more.</summary>
    public void Remove(IPAddress house, EdgeConnection connection)
    {
        lock (gate)
        {
            if (connection.Place.List is { } connections)
            {
                connections.Remove(connection.Place);
                if (connections.Count == 0)
                {
                    houses.Remove(house);
                }
            }
        }
    }
}
