namespace Dmp.Client;

/// <summary>A failure that is about to be repeated, for a message to the user or a line in a log. It holds nothing of a patient.</summary>
/// <param name="Failures">Attempts that have failed since something was achieved.</param>
/// <param name="Delay">The wait before the next attempt.</param>
/// <param name="Spent">The time since the first of these failures.</param>
/// <param name="Reason">The reason of the platform (<c>dmp.error.v1.ErrorReason</c> without its prefix); empty when the connection broke or
/// the platform is away.</param>
public sealed record DmpRetry(int Failures, TimeSpan Delay, TimeSpan Spent, string Reason);
