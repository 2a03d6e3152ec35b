namespace Dmp.Cda;

/// <summary>Ends the reading from wherever a limit is met. Never leaves this library.</summary>
internal sealed class CdaRefusedException(CdaFaultKind kind, string text) : Exception(text)
{
    public CdaFaultKind Kind => kind;
}
