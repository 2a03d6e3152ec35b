using System.Net;
using System.Net.Sockets;

namespace Dmp.Server.Calls;

/// <summary>Where calls come from.</summary>
internal static class CallOrigin
{
    private const int HostBytes = 8;

    /// <summary>An address as PostgreSQL writes it: without the interface of a link-local one, and IPv4 as IPv4.</summary>
    public static IPAddress? Of(IPAddress? remote) =>
        remote is null ? null : remote.IsIPv4MappedToIPv6 ? remote.MapToIPv4() : new IPAddress(remote.GetAddressBytes());

    /// <summary>
    /// What stands for one house: an IPv4 address, or the first address of an IPv6 /64, of which one machine may use as many addresses as
    /// it likes.
    /// </summary>
    public static IPAddress? HouseOf(IPAddress? remote)
    {
        if (Of(remote) is not { AddressFamily: AddressFamily.InterNetworkV6 } address)
        {
            return Of(remote);
        }

        var bytes = address.GetAddressBytes();
        bytes.AsSpan(HostBytes).Clear();
        return new IPAddress(bytes);
    }
}
