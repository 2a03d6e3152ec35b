namespace Dmp.Client;

/// <summary>How far an upload or download is.</summary>
/// <param name="TransferredBytes">Bytes sent or received in the present attempt. An upload that is repeated starts again.</param>
/// <param name="ConfirmedBytes">
/// Bytes the other side has confirmed: for an upload what the platform has written down, for a download the same as
/// <paramref name="TransferredBytes"/>.
/// </param>
/// <param name="TotalBytes">Bytes in all, when that is known.</param>
public readonly record struct TransferProgress(long TransferredBytes, long ConfirmedBytes, long? TotalBytes);
